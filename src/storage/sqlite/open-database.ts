import { StorageUnavailableError, VersionTooNewError } from '../../event/errors.ts';
import { Database } from './database.ts';
import type { SqliteDriver } from './driver.ts';
import { APPLICATION_ID, migrations as currentMigrations } from './schema.ts';

export interface OpenOptions {
  readonly name: string;
  readonly durability: 'strict' | 'relaxed';
  /** Nobody else opens the file meanwhile: then the log of writes needs no shared memory. */
  readonly exclusive: boolean;
  readonly migrations?: readonly string[];
}

/** Pages in the log of writes that go into the file at once, 8 MB: that waits for the disk three times, and reading them back after a crash takes a moment. */
const CHECKPOINT_PAGES = 2_000;

/**
 * Sets the connection up and brings the schema to the latest version.
 *
 * @throws {VersionTooNewError}
 * @throws {StorageUnavailableError} when the file is no database of Ermine's, which is then left as it is
 */
export function openDatabase(driver: SqliteDriver, options: OpenOptions): { readonly database: Database; readonly epoch: string } {
  const { name, durability, exclusive, migrations = currentMigrations } = options;
  const database = new Database(driver);
  const number = (sql: string): number => database.run(sql) as number;
  // Before journal_mode, or WAL asks for shared memory.
  if (exclusive) driver.exec('PRAGMA locking_mode = exclusive');
  // A file that is being made needs no journal: there is nothing yet that could be undone.
  if (exclusive && number('PRAGMA page_count') === 0) driver.exec('PRAGMA journal_mode = memory');
  // In this order: another process may be making the database, both in one transaction.
  const foreign = number('SELECT count(*) FROM sqlite_schema') > 0 && number('PRAGMA application_id') !== APPLICATION_ID;
  if (foreign) throw new StorageUnavailableError(`The file of "${name}" is a database of another application. It was left as it is.`);
  driver.exec(`
    PRAGMA journal_mode = wal;
    PRAGMA synchronous = ${durability === 'strict' ? 'full' : 'normal'};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA cache_size = -16384;
    PRAGMA temp_store = memory;
    PRAGMA secure_delete = on;
    PRAGMA foreign_keys = off;
  `);
  const version = number('PRAGMA user_version');
  if (version > migrations.length) throw new VersionTooNewError(name);
  if (version < migrations.length) {
    database.transaction(() => {
      // Another process may have been faster.
      for (const step of migrations.slice(number('PRAGMA user_version'))) driver.exec(step);
      driver.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
      database.run("INSERT OR IGNORE INTO log_meta VALUES ('epoch', ?)", crypto.randomUUID());
    });
  }
  return { database, epoch: database.run("SELECT value FROM log_meta WHERE key = 'epoch'") as string };
}
