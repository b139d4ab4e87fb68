import {
  EpochChangedError,
  StorageBlockedError,
  StorageUnavailableError,
  VersionTooNewError,
  isErmineError,
} from '../../event/errors.ts';
import { completed, requested } from './request.ts';
import { migrations as currentMigrations, type Migration } from './schema.ts';

export interface OpenOptions {
  readonly name: string;
  /** Milliseconds that one try may take (there are two), and later one transaction. */
  readonly blockedAfterMs: number;
  readonly migrations?: readonly Migration[];
  /** The epoch that the database must still have; it is not made when it is missing. */
  readonly epoch?: string;
  /** The connection must be given up: another tab upgrades or deletes the database, or the browser closed it. */
  readonly onLost: (database: IDBDatabase) => void;
}

/**
 * Opens the database and reads its epoch.
 *
 * @throws {EpochChangedError} when it is not the one of `epoch`
 * @throws {VersionTooNewError} {StorageBlockedError} {StorageUnavailableError}
 */
export async function openDatabase(options: OpenOptions): Promise<{ database: IDBDatabase; epoch: string }> {
  const database = await tryToOpen(options).catch((error: unknown) => {
    // A first open may hang or fail for a moment in Safari ("backing store" errors): one more try.
    if (isErmineError(error, 'STORAGE_UNAVAILABLE') && !isRefusal(error.cause)) return tryToOpen(options);
    throw error;
  });
  try {
    const epoch = await readEpoch(database);
    if (epoch === undefined) {
      throw new StorageUnavailableError(`The database "${options.name}" is not one of Ermine's. Choose another name.`);
    }
    if (options.epoch !== undefined && epoch !== options.epoch) throw new EpochChangedError(options.epoch, epoch);
    return { database, epoch };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function tryToOpen(options: OpenOptions): Promise<IDBDatabase> {
  const { name, blockedAfterMs, epoch } = options;
  let blocked = false;
  let vanished = false;
  try {
    // Without IndexedDB this throws a ReferenceError, which is one more reason to refuse.
    const request = indexedDB.open(name, (options.migrations ?? currentMigrations).length);
    request.onblocked = () => (blocked = true);
    request.onupgradeneeded = ({ oldVersion }) => {
      vanished = oldVersion === 0 && epoch !== undefined;
      if (vanished) request.transaction!.abort();
      else upgrade(request, oldVersion, options);
    };
    const opening = requested(request);
    const database = await within(blockedAfterMs, opening, () => void opening.then((late) => late.close(), () => undefined));
    const giveUp = (): void => {
      database.close();
      options.onLost(database);
    };
    database.onversionchange = giveUp;
    database.onclose = giveUp;
    return database;
  } catch (cause) {
    if (vanished) throw new EpochChangedError(epoch!, undefined);
    if (cause === TIMED_OUT && blocked) {
      throw new StorageBlockedError(`The database "${name}" needs an upgrade, but another tab keeps the old version open.`, 'no');
    }
    if (cause === TIMED_OUT) {
      throw new StorageUnavailableError(
        `The browser did not open the database "${name}" within ${blockedAfterMs} ms. Close the other tabs of this site, or restart the browser.`,
      );
    }
    if (nameOf(cause) === 'VersionError') throw new VersionTooNewError(name, { cause });
    throw new StorageUnavailableError(
      `The browser refused to open the database "${name}" (${String(cause)}): a private window, site data switched off, a full disk, or no IndexedDB at all.`,
      { cause },
    );
  }
}

function upgrade(request: IDBOpenDBRequest, oldVersion: number, { migrations = currentMigrations }: OpenOptions): void {
  for (const migrate of migrations.slice(oldVersion)) migrate(request.result, request.transaction!);
}

async function readEpoch(database: IDBDatabase): Promise<string | undefined> {
  if (!database.objectStoreNames.contains('meta') || !database.objectStoreNames.contains('commits')) return undefined;
  const transaction = database.transaction('meta');
  const [epoch] = await Promise.all([requested<string | undefined>(transaction.objectStore('meta').get('epoch')), completed(transaction)]);
  return epoch;
}

function isRefusal(cause: unknown): boolean {
  return ['SecurityError', 'QuotaExceededError', 'InvalidAccessError', 'ReferenceError'].includes(nameOf(cause) ?? '');
}

/** The name of an error, which is how IndexedDB tells what went wrong. */
export function nameOf(error: unknown): string | undefined {
  return error instanceof Error || error instanceof DOMException ? error.name : undefined;
}

export const TIMED_OUT = Symbol('timed out');

/** Rejects with {@link TIMED_OUT} when the promise takes too long; what it does later is left to `late`. */
export function within<T>(timeoutMs: number, promise: Promise<T>, late: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      late();
      reject(TIMED_OUT);
    }, timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
