import { openDB } from 'idb';
import {
  EpochChangedError,
  StorageBlockedError,
  StorageUnavailableError,
  VersionTooNewError,
  isErmineError,
} from '../../event/errors.ts';
import { migrations as currentMigrations, type Database, type LogSchema, type Migration } from './schema.ts';

export interface OpenOptions {
  readonly name: string;
  /** Milliseconds that one try may take; there are two. */
  readonly timeoutMs: number;
  readonly migrations?: readonly Migration[];
  /** The epoch that the database must still have; it is not made when it is missing. */
  readonly epoch?: string;
  /** The connection must be given up: another tab upgrades or deletes the database, or the browser closed it. */
  readonly onLost: (database: Database) => void;
}

/**
 * Opens the database and reads its epoch.
 *
 * @throws {EpochChangedError} when it is not the one of `epoch`
 * @throws {VersionTooNewError} {StorageBlockedError} {StorageUnavailableError}
 */
export async function openDatabase(options: OpenOptions): Promise<{ database: Database; epoch: string }> {
  const database = await tryToOpen(options).catch((error: unknown) => {
    // A first open may hang or fail for a moment in Safari ("backing store" errors): one more try.
    const transient = isErmineError(error, 'STORAGE_UNAVAILABLE') && !isRefusal(error.cause);
    if (transient) return tryToOpen(options);
    throw error;
  });
  try {
    const epoch = await database.get('meta', 'epoch');
    if (epoch === undefined) throw new StorageUnavailableError(`The database "${options.name}" is not one of Ermine's: it has no epoch. Choose another name.`);
    if (options.epoch !== undefined && epoch !== options.epoch) throw new EpochChangedError(options.epoch, epoch);
    return { database, epoch };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function tryToOpen({ name, timeoutMs, migrations = currentMigrations, epoch, onLost }: OpenOptions): Promise<Database> {
  if (typeof indexedDB === 'undefined') {
    throw new StorageUnavailableError('There is no IndexedDB here. Use another storage, such as memoryStorage() where nothing has to last.');
  }
  let blocked = false;
  let vanished = false;
  const opening = openDB<LogSchema>(name, migrations.length, {
    upgrade(database, oldVersion, _newVersion, transaction) {
      if (oldVersion === 0 && epoch !== undefined) {
        vanished = true;
        transaction.abort();
        return;
      }
      for (const migrate of migrations.slice(oldVersion)) migrate(database, transaction as never);
    },
    blocked() {
      blocked = true;
    },
    blocking(_currentVersion, _blockedVersion, event) {
      (event.target as IDBDatabase).close();
      void opening.then(onLost);
    },
    terminated() {
      void opening.then(onLost);
    },
  });
  try {
    return await within(timeoutMs, opening, () => opening.then((database) => database.close()).catch(() => undefined));
  } catch (cause) {
    if (vanished) throw new EpochChangedError(epoch!, undefined);
    if (cause === TIMED_OUT && blocked) {
      throw new StorageBlockedError(`The database "${name}" needs an upgrade, but another tab keeps the old version open.`, 'no');
    }
    if (cause === TIMED_OUT) {
      throw new StorageUnavailableError(
        `The browser did not open the database "${name}" within ${timeoutMs} ms. Another tab may be holding it: close the other tabs of this site, or restart the browser.`,
      );
    }
    if (cause instanceof DOMException && cause.name === 'VersionError') throw new VersionTooNewError(name, { cause });
    throw new StorageUnavailableError(
      `The browser refused to open the database "${name}" (${String(cause)}). In a private window or with site data switched off there is no IndexedDB; with a full disk, free some space.`,
      { cause },
    );
  }
}

function isRefusal(cause: unknown): boolean {
  return cause instanceof DOMException && ['SecurityError', 'QuotaExceededError', 'InvalidAccessError'].includes(cause.name);
}

export const TIMED_OUT = Symbol('timed out');

/** Rejects with {@link TIMED_OUT} when the promise takes too long; what it does later is left to `late`. */
export function within<T>(timeoutMs: number, promise: Promise<T>, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      late();
      reject(TIMED_OUT);
    }, timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
