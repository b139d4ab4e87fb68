import { DatabaseSync } from 'node:sqlite';
import { SQLITE_INTERRUPT, SqliteError, type QueryLimits, type QueryResult, type SqliteDriver, type SqlValue } from './driver.ts';
import { inTransaction } from './transaction.ts';

/** Milliseconds to wait for another process that writes. */
const BUSY_MS = 10_000;

/** SQLite in Node by its own module, from Node 22.13 on. @param file a path, or `:memory:` */
export function openNodeSqlite(file: string): SqliteDriver {
  const database = guarded(() => new DatabaseSync(file));
  const exec = (sql: string): void => guarded(() => database.exec(sql));
  exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  return {
    exec,
    prepare(sql) {
      const statement = guarded(() => database.prepare(sql));
      const bind = bindingOf(sql);
      return (...values) => guarded(() => firstColumn(statement.get(...bind(values))));
    },
    transaction: (body) => inTransaction(exec, body),
    query: (sql, values, limits) => guarded(() => query(database, sql, values, limits)),
    export() {
      throw new SqliteError(1, 'node:sqlite cannot export; copy the file, or install better-sqlite3');
    },
    close: () => database.close(),
  };
}

function firstColumn(row: Record<string, unknown> | undefined): SqlValue | undefined {
  return row && (Object.values(row)[0] as SqlValue);
}

/** The module takes numbered parameters, `?1`, by their names. */
function bindingOf(sql: string): (values: readonly SqlValue[]) => readonly unknown[] {
  return /\?\d/.test(sql) ? (values) => [Object.fromEntries(values.map((value, i) => [`?${i + 1}`, value]))] : (values) => values;
}

/** The time is looked at between rows: the module cannot interrupt a statement. */
function query(database: DatabaseSync, sql: string, values: readonly SqlValue[], { maxRows, maxMs }: QueryLimits): QueryResult {
  const statement = database.prepare(sql);
  const columns = statement.columns().map(({ name }) => name);
  const end = performance.now() + maxMs;
  const rows: SqlValue[][] = [];
  for (const row of statement.iterate(...bindingOf(sql)(values))) {
    if (performance.now() > end) throw new SqliteError(SQLITE_INTERRUPT, 'interrupted');
    if (rows.length === maxRows) return { columns, rows, truncated: true };
    rows.push(Object.values(row) as SqlValue[]);
  }
  return { columns, rows, truncated: false };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof SqliteError || !(cause instanceof Error)) throw cause;
    throw new SqliteError(Number((cause as { errcode?: unknown }).errcode ?? 1), cause.message, { cause });
  }
}
