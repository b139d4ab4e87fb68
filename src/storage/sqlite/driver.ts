import type { SqlValue } from '../storage.ts';

export type { SqlValue };

/**
 * A prepared statement. Binds the values, runs it to its end, and gives the first column of its first row; undefined when
 * there is none. What a page of a read holds comes as one string, so that the boundary to WebAssembly is crossed once.
 */
export type SqliteStatement = (...values: readonly SqlValue[]) => SqlValue | undefined;

/**
 * A connection to SQLite (3.45 or later), synchronous. Whoever implements one throws a {@link SqliteError} with SQLite's own
 * result code, binds what it is given and never builds SQL from it, and leaves no transaction open.
 */
export interface SqliteDriver {
  /** Runs statements that take and give nothing. */
  exec(sql: string): void;
  /** Lives as long as the connection. */
  prepare(sql: string): SqliteStatement;
  /** Runs the body in one transaction that may write; when it throws, everything is undone. */
  transaction<T>(body: () => T): T;
  /** Runs the body, which only reads, on one state of the database; it waits for nobody who writes. */
  snapshot<T>(body: () => T): T;
  /** Runs one statement, see `QueryOptions`; that it only reads is looked after by whoever asks. */
  query(sql: string, values: readonly SqlValue[], limits: QueryLimits): QueryResult;
  /** The database file. */
  export(): Uint8Array;
  close(): void;
}

export interface QueryLimits {
  /** Rows that are returned at most. */
  readonly maxRows: number;
  /** Milliseconds that it may run. */
  readonly maxMs: number;
}

/** The answer to a SQL query. */
export interface QueryResult {
  /** Names, in the order of the values of a row. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Whether there were more rows than `maxRows`. */
  readonly truncated: boolean;
}

/** What SQLite answered, by its primary result code (https://sqlite.org/rescode.html). */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly resultCode: number;

  constructor(resultCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.resultCode = resultCode & 0xff;
  }
}

/** Errors that are the statement's own: it is wrong, or what it writes is. */
const STATEMENT_CODES: ReadonlySet<number> = new Set([1, 18, 19, 20, 25]);

/** Whether the statement itself failed, and would fail again: not a full disk, nor another process. */
export function isStatementError(error: unknown): error is SqliteError {
  return error instanceof SqliteError && STATEMENT_CODES.has(error.resultCode);
}

export const SQLITE_BUSY = 5;
export const SQLITE_INTERRUPT = 9;
export const SQLITE_IOERR = 10;
export const SQLITE_FULL = 13;
export const SQLITE_CANTOPEN = 14;
