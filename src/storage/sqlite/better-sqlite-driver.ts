import Sqlite from 'better-sqlite3';
import { bindingOf } from './binding-of.ts';
import { SQLITE_INTERRUPT, SqliteError, type QueryLimits, type QueryResult, type SqliteDriver, type SqlValue } from './driver.ts';
import { exportFile } from './export-file.ts';
import { inTransaction } from './transaction.ts';

/** The package takes numbered parameters by their numbers. */
const nameOf = (number: number): number => number;

/** Primary result codes by the names that the package gives (https://sqlite.org/rescode.html). */
const CODES: Readonly<Record<string, number>> = { SQLITE_BUSY: 5, SQLITE_LOCKED: 6, SQLITE_NOMEM: 7, SQLITE_READONLY: 8, SQLITE_IOERR: 10, SQLITE_CORRUPT: 11, SQLITE_FULL: 13, SQLITE_CANTOPEN: 14, SQLITE_NOTADB: 26 };

/**
 * SQLite in Node by the package better-sqlite3.
 *
 * @param file a path, or `:memory:`
 * @param busyMs how long to wait for another process that writes
 */
export function openBetterSqlite(file: string, busyMs: number): SqliteDriver {
  const database = guarded(() => new Sqlite(file, { timeout: busyMs }));
  const exec = (sql: string): void => guarded(() => void database.exec(sql));
  const prepare: SqliteDriver['prepare'] = (sql) => {
    const statement = guarded(() => database.prepare(sql));
    const bind = bindingOf(sql, nameOf);
    if (!statement.reader) return (...values) => void guarded(() => statement.run(...bind(values)));
    statement.raw();
    return (...values) => guarded(() => (statement.get(...bind(values)) as SqlValue[] | undefined)?.[0]);
  };
  return {
    exec,
    prepare,
    transaction: (body) => inTransaction(exec, 'BEGIN IMMEDIATE', body),
    snapshot: (body) => inTransaction(exec, 'BEGIN', body),
    query: (sql, values, limits) => guarded(() => query(database, sql, values, limits)),
    export: () => exportFile(prepare),
    close: () => void guarded(() => database.close()),
  };
}

/** The time is looked at between rows: the package cannot interrupt a statement. */
function query(database: Sqlite, sql: string, values: readonly SqlValue[], { maxRows, maxMs }: QueryLimits): QueryResult {
  const statement = database.prepare(sql).raw();
  const end = performance.now() + maxMs;
  const rows: SqlValue[][] = [];
  for (const row of statement.iterate(...bindingOf(sql, nameOf)(values))) {
    if (performance.now() > end) throw new SqliteError(SQLITE_INTERRUPT, 'interrupted');
    if (rows.length >= maxRows) return { columns: statement.columns().map(({ name }) => name), rows, truncated: true };
    rows.push(row as SqlValue[]);
  }
  return { columns: statement.columns().map(({ name }) => name), rows, truncated: false };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SqliteError || !(cause instanceof Error)) throw cause;
    const code = String((cause as { code?: unknown }).code);
    const known = Object.keys(CODES).find((name) => code.startsWith(name));
    throw new SqliteError(known ? CODES[known]! : 1, cause.message, { cause });
  }
}
