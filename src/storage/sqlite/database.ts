import { SqliteError, type SqliteDriver, type SqliteStatement, type SqlValue } from './driver.ts';

/** What else is erased meanwhile goes with it, for each time waits for the disk; in milliseconds. */
export const EMPTY_WAL_AFTER_MS = 100;

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
    this.#emptySoon();
    return result;
  }

  /**
   * Brings what the log of writes holds into the file and empties it, if there is room. Another process that reads or writes
   * is not waited for: it is tried again.
   */
  emptyWal(): void {
    clearTimeout(this.#emptying);
    this.#emptying = undefined;
    const waitMs = this.run('PRAGMA busy_timeout');
    this.driver.exec('PRAGMA busy_timeout = 0');
    try {
      const isBusy = this.run('PRAGMA wal_checkpoint(TRUNCATE)') === 1;
      if (isBusy) this.#emptySoon();
    } catch (error) {
      // The log of writes keeps what it holds, and nothing is lost.
      if (!(error instanceof SqliteError)) throw error;
    } finally {
      this.driver.exec(`PRAGMA busy_timeout = ${waitMs}`);
    }
  }

  /** Closes the connection; what was erased leaves the log of writes first. */
  close(): void {
    if (this.#emptying !== undefined) this.emptyWal();
    clearTimeout(this.#emptying);
    this.driver.close();
  }

  #emptySoon(): void {
    this.#emptying ??= setTimeout(() => this.emptyWal(), EMPTY_WAL_AFTER_MS);
  }
}
