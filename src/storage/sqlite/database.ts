import { SqliteError, type SqliteDriver, type SqliteStatement, type SqlValue } from './driver.ts';

/** What else is erased meanwhile goes with it, for each time waits for the disk; in milliseconds. */
const EMPTY_WAL_AFTER_MS = 100;

/** A connection whose statements are prepared once. */
export class Database {
  readonly driver: SqliteDriver;
  readonly #statements = new Map<string, SqliteStatement>();
  #emptying: ReturnType<typeof setTimeout> | undefined;

  constructor(driver: SqliteDriver) {
    this.driver = driver;
  }

  /** Runs a statement of Ermine's, whose text is one of a few, see {@link SqliteStatement}. */
  run(sql: string, ...values: readonly SqlValue[]): SqlValue | undefined {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, (statement = this.driver.prepare(sql)));
    return statement(...values);
  }

  /** What a statement gives as JSON text; undefined when it gives nothing. */
  json<T>(sql: string, ...values: readonly SqlValue[]): T | undefined {
    const text = this.run(sql, ...values);
    return typeof text === 'string' ? (JSON.parse(text) as T) : undefined;
  }

  transaction<T>(body: () => T): T {
    return this.driver.transaction(body);
  }

  snapshot<T>(body: () => T): T {
    return this.driver.snapshot(body);
  }

  /** A transaction that erases: soon what it deletes is not in the log of writes either, where older pages stand. */
  erasing<T>(body: () => T): T {
    const result = this.transaction(body);
    this.#emptying ??= setTimeout(() => this.emptyWal(), EMPTY_WAL_AFTER_MS);
    return result;
  }

  /** Brings what the log of writes holds into the file and empties it, if there is room and nobody reads from it. */
  emptyWal(): void {
    clearTimeout(this.#emptying);
    this.#emptying = undefined;
    try {
      this.driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // The log of writes keeps what it holds, and nothing is lost.
      if (!(error instanceof SqliteError)) throw error;
    }
  }

  /** Closes the connection; what was erased leaves the log of writes first. */
  close(): void {
    if (this.#emptying !== undefined) this.emptyWal();
    this.driver.close();
  }
}
