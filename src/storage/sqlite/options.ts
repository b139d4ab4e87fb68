import type { Storage } from '../storage.ts';
import type { QueryResult, SqlValue } from './driver.ts';

/** Which database, where it is, and how sure its writes are. */
export interface SqliteStorageOptions {
  /** Name of the database; every tab and worker of the origin that opens it shares one log. */
  readonly name: string;
  /**
   * `strict` (default): an append resolves when it is on the disk and survives a power cut. `relaxed`: it is with the
   * operating system and survives a crash of the browser or the process.
   */
  readonly durability?: 'strict' | 'relaxed';
  /**
   * Milliseconds that an answer, and opening, may take before `StorageBlockedError`; 10,000 unless told. In a browser the tab
   * that has the database may be stopped, or SQLite (half a megabyte, packed) still loading; in Node another process may be
   * writing.
   */
  readonly blockedAfterMs?: number;
  /** Whether to ask the browser, at the first write, not to evict the data; default true. Firefox asks the user. */
  readonly persist?: boolean;
  /** Node only, and needed there: the path of the database file, or `:memory:` for a log that ends with the returned object. */
  readonly file?: string;
  /**
   * Browsers only: makes the worker, for a bundler that does not understand `new Worker(new URL(…, import.meta.url))`. It must
   * run the module `ermine/sqlite-worker`.
   */
  readonly createWorker?: () => Worker;
}

/** A storage whose events can be queried in SQL. */
export interface SqliteStorage extends Storage {
  /**
   * Answers one SELECT over the views `events`, `streams`, the table `documents`, and the tables of projections in SQL, as
   * `"projection.table"`. It runs where the appends are written, and they wait for it: keep queries short.
   *
   * @param values bound to the parameters `?` in order: never put values into the text
   * @throws {InvalidQueryError} when it would write, is not valid SQL, or takes too long
   * @example await storage.query('SELECT type, count(*) FROM events WHERE category = ? GROUP BY type', ['Order'])
   */
  query(sql: string, values?: readonly SqlValue[], options?: QueryOptions): Promise<QueryResult>;
  /** The database file, as it is now; other tools open it. It is in memory as a whole. */
  export(): Promise<Uint8Array>;
}

/** Bounds of one SQL query. */
export interface QueryOptions {
  /** Rows that are returned at most; default 1,000. `truncated` tells whether there were more. */
  readonly maxRows?: number;
  /**
   * Milliseconds that it may run, 2,000 unless told; in a browser `blockedAfterMs` counts as well. In Node they are looked at
   * between rows: one that finds none is not ended.
   */
  readonly maxMs?: number;
}
