import { SqlFailedError } from '../../event/errors.ts';
import type { TableWrites } from '../storage.ts';
import { tableOf, viewOf } from '../table-name.ts';
import { checkStatement } from './check-statement.ts';
import type { Database } from './database.ts';
import { isStatementError } from './driver.ts';

/**
 * Changes the tables of a projection, in a transaction of the caller's.
 *
 * @throws {SqlFailedError} when a statement fails, or may not be run; then the transaction is to be undone
 */
export function writeTables(database: Database, { projection, create, serve, drop, run }: TableWrites): void {
  const define = (sql: string): void => attempt(0, sql, () => database.driver.exec(sql));
  for (const [table, { columns, indexes = [] }] of Object.entries(create?.tables ?? {})) {
    const name = tableOf(projection, table, create!.build);
    define(`CREATE TABLE "${name}" (${columns})`);
    for (const [i, on] of indexes.entries()) define(`CREATE INDEX "${name}#${i}" ON "${name}" (${on})`);
  }
  if (serve !== undefined) {
    for (const view of find(database, 'view', viewOf(projection, '*'))) define(`DROP VIEW "${view}"`);
    for (const table of find(database, 'table', tableOf(projection, '*', serve))) define(`CREATE VIEW "${table.split('#')[0]}" AS SELECT * FROM "${table}"`);
  }
  if (drop !== undefined) for (const table of find(database, 'table', tableOf(projection, '*', drop))) define(`DROP TABLE "${table}"`);
  if (!run) return;
  const own = tableOf(projection, '*', run.build);
  for (const [i, { sql, values }] of run.statements.entries()) {
    attempt(i, sql, () => {
      checkStatement(database, own, sql, values);
      database.run(sql, ...values);
    });
  }
}

/** @param pattern GLOB; the names of projections and tables hold nothing that means something in it */
function find(database: Database, type: 'table' | 'view', pattern: string): string[] {
  return database.json<string[]>('SELECT json_group_array(name) FROM sqlite_schema WHERE type = ? AND name GLOB ?', type, pattern)!;
}

function attempt(statement: number, sql: string, work: () => void): void {
  try {
    work();
  } catch (cause) {
    if (!isStatementError(cause)) throw cause;
    throw new SqlFailedError(statement, sql, cause.message, { cause });
  }
}
