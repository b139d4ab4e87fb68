import type { SqliteDriver, SqliteStatement, SqlValue } from './driver.ts';

/** A connection whose statements are prepared once. */
export class Database {
  readonly driver: SqliteDriver;
  readonly #statements = new Map<string, SqliteStatement>();

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
}
