import type { SqlValue } from '../storage.ts';
import type { Database } from './database.ts';
import { SqliteError } from './driver.ts';
import { withoutComments } from './without-comments.ts';

/** What changes rows; SQLite's EXPLAIN has other words after it. */
const CHANGE = /^\s*(?:insert|replace|update|delete|with)\b/i;
/** Each is compiled once and kept. */
const MAX_TEXTS = 1_000;
const EXPLAIN_LIMITS = { maxRows: Infinity, maxMs: Infinity };

/** Texts that were looked at, by the pattern of the tables that they may touch. */
const checkedOf = new WeakMap<Database, Map<string, Set<string>>>();

/**
 * Makes sure that a statement changes rows of some tables, and reads and changes nothing else. SQLite is asked for the
 * program that it would run: each b-tree that a program opens or clears stands there with its root page
 * (https://sqlite.org/opcode.html).
 *
 * @param tables GLOB pattern of the names of the tables
 * @throws {SqliteError} when it may not be run
 */
export function checkStatement(database: Database, tables: string, sql: string, values: readonly SqlValue[]): void {
  const byTables = checkedOf.get(database) ?? new Map<string, Set<string>>();
  checkedOf.set(database, byTables);
  const checked = byTables.get(tables) ?? new Set();
  byTables.set(tables, checked);
  if (checked.has(sql)) return;
  if (checked.size === MAX_TEXTS) throw refusal(`it is one of more than ${MAX_TEXTS} different texts: put values where they are bound, not into the text`);
  if (!CHANGE.test(withoutComments(sql))) throw refusal('only INSERT, REPLACE, UPDATE, DELETE, or WITH before them');
  if (/;\s*\S/.test(sql)) throw refusal('only one statement, and a ";" in a value has to be bound');
  // SQLite keeps the counters of all tables there, those of other projections too, and opens it for any of them.
  if (/sqlite_sequence/i.test(sql)) throw refusal('it names sqlite_sequence');
  const own = new Set(database.json<number[]>("SELECT json_group_array(rootpage) FROM sqlite_schema WHERE tbl_name GLOB ? OR name = 'sqlite_sequence'", tables));
  for (const [, opcode, p1, p2] of database.driver.query(`EXPLAIN ${sql}`, values, EXPLAIN_LIMITS).rows) {
    const root = opcode === 'Clear' ? p1 : opcode === 'OpenRead' || opcode === 'OpenWrite' || opcode === 'ReopenIdx' ? p2 : undefined;
    if (opcode === 'VUpdate' || (root !== undefined && !own.has(root as number))) throw refusal('it touches something else than the tables of its projection');
  }
  checked.add(sql);
}

function refusal(reason: string): SqliteError {
  return new SqliteError(1, reason);
}
