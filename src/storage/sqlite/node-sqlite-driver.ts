import { DatabaseSync, StatementSync } from 'node:sqlite';
import { bindingOf } from './binding-of.ts';
import { SQLITE_INTERRUPT, SqliteError, type QueryLimits, type QueryResult, type SqliteDriver, type SqlValue } from './driver.ts';
import { exportFile } from './export-file.ts';
import { inTransaction } from './transaction.ts';
import { withoutComments } from './without-comments.ts';

// Before, a row is an object, in which two columns of one name are one.
if (!('setReturnArrays' in StatementSync.prototype)) throw new Error('The module node:sqlite of this Node is too old: it has no StatementSync.setReturnArrays.');

/** The module takes numbered parameters by their names. */
const nameOf = (number: number): string => `?${number}`;

/**
 * SQLite in Node by its own module, from Node 22.16 on.
 *
 * @param file a path, or `:memory:`
 * @param busyMs how long to wait for another process that writes
 */
export function openNodeSqlite(file: string, busyMs: number): SqliteDriver {
  const database = guarded(() => new DatabaseSync(file, { timeout: busyMs }));
  const exec = (sql: string): void => guarded(() => database.exec(sql));
  const prepare: SqliteDriver['prepare'] = (sql) => {
    const statement = guarded(() => compile(database, sql));
    const bind = bindingOf(sql, nameOf);
    return (...values) => guarded(() => plain(statement.get(...bind(values))?.[0]));
  };
  return {
    exec,
    prepare,
    transaction: (body) => inTransaction(exec, 'BEGIN IMMEDIATE', body),
    snapshot: (body) => inTransaction(exec, 'BEGIN', body),
    query: (sql, values, limits) => guarded(() => query(database, sql, values, limits)),
    export: () => exportFile(prepare),
    close: () => guarded(() => database.close()),
  };
}

function compile(database: DatabaseSync, sql: string): StatementSync {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  // Otherwise an integer that is not a safe one is an error.
  statement.setReadBigInts(true);
  return statement;
}

function plain(value: SqlValue | bigint | undefined): SqlValue | undefined {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** The time is looked at between rows: the module cannot interrupt a statement. */
function query(database: DatabaseSync, sql: string, values: readonly SqlValue[], { maxRows, maxMs }: QueryLimits): QueryResult {
  const statement = compile(database, sql);
  // The module ignores what comes after the first statement.
  const rest = sql.slice(statement.sourceSQL.length);
  if (/[^\s;]/.test(withoutComments(rest))) throw new SqliteError(1, 'only one statement at a time');
  const bind = bindingOf(sql, nameOf);
  if (takes(statement, bind([...values, null]))) throw new SqliteError(1, `it has more parameters than the ${values.length} values that came`);
  const columns = statement.columns().map(({ name }) => name);
  const end = performance.now() + maxMs;
  const rows: SqlValue[][] = [];
  for (const row of statement.iterate(...bind(values))) {
    if (performance.now() > end) throw new SqliteError(SQLITE_INTERRUPT, 'interrupted');
    if (rows.length >= maxRows) return { columns, rows, truncated: true };
    rows.push(row.map((value) => plain(value)!));
  }
  return { columns, rows, truncated: false };
}

/** Whether there are parameters for so many values: the module refuses one too many, and takes NULL for one that is missing. */
function takes(statement: StatementSync, values: readonly unknown[]): boolean {
  try {
    // It binds, and does not run before the first row is taken.
    statement.iterate(...values);
    return true;
  } catch {
    return false;
  }
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SqliteError || !(cause instanceof Error)) throw cause;
    throw new SqliteError(Number((cause as { errcode?: unknown }).errcode ?? 1), cause.message, { cause });
  }
}
