import {
  EpochChangedError,
  StorageBlockedError,
  StorageFullError,
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
  readonly epoch: string | undefined;
  /** The connection must be given up: another tab upgrades or deletes the database, or the browser closed it. */
  readonly onLost: (database: IDBDatabase) => void;
}

export interface OpenDatabase {
  readonly database: IDBDatabase;
  readonly epoch: string;
}

/**
 * Opens the database and reads its epoch.
 *
 * @throws {EpochChangedError} when it is not the one of `epoch`
 * @throws {VersionTooNewError} {StorageBlockedError} {StorageFullError} {StorageUnavailableError}
 */
export async function openDatabase(options: OpenOptions): Promise<OpenDatabase> {
  return tryToOpen(options).catch((error: unknown) => {
    // A first open may hang or fail for a moment in Safari ("backing store" errors): one more try.
    if (isErmineError(error, 'STORAGE_UNAVAILABLE')) return tryToOpen(options);
    throw error;
  });
}

async function tryToOpen(options: OpenOptions): Promise<OpenDatabase> {
  const { name, blockedAfterMs, epoch: expected } = options;
  let blocked = false;
  let vanished = false;
  let database: IDBDatabase | undefined;
  let epoch: string | undefined;
  let upgradeFailure = (): DOMException | null => null;
  try {
    const request = indexedDB.open(name, (options.migrations ?? currentMigrations).length);
    request.onblocked = () => (blocked = true);
    request.onupgradeneeded = ({ oldVersion }) => {
      vanished = oldVersion === 0 && expected !== undefined;
      const transaction = request.transaction!;
      upgradeFailure = () => transaction.error;
      if (vanished) transaction.abort();
      else upgrade(request, oldVersion, options);
    };
    const opening = requested(request);
    const opened = (database = await within(blockedAfterMs, opening, () => void opening.then((late) => late.close(), () => undefined)));
    const giveUp = (): void => {
      opened.close();
      options.onLost(opened);
    };
    opened.onversionchange = giveUp;
    opened.onclose = giveUp;
    // Nobody writes here any more, so no other tab can hold this up.
    const transaction = opened.transaction('meta');
    const reading = requested<string | undefined>(transaction.objectStore('meta').get('epoch'));
    transaction.commit();
    [epoch] = await Promise.all([reading, completed(transaction)]);
    vanished = expected !== undefined && epoch !== expected;
    if (epoch === undefined || vanished) throw new Error('no epoch');
    return { database: opened, epoch };
  } catch (cause) {
    database?.close();
    if (vanished) throw new EpochChangedError(expected!, epoch);
    const what = `The database "${name}" `;
    if (nameOf(cause) === 'VersionError') throw new VersionTooNewError(name, { cause });
    // The request itself only says that the connection was closed.
    if (nameOf(upgradeFailure() ?? cause) === 'QuotaExceededError') throw new StorageFullError({ cause });
    if (cause !== TIMED_OUT) {
      throw new StorageUnavailableError(`${what}cannot be opened (${cause}). Are site data off, or is this not a browser?`, { cause });
    }
    // One that was open before is there, so what waits before us, an upgrade or a deletion, waits for another tab.
    if (blocked || expected !== undefined) throw new StorageBlockedError(`${what}needs an upgrade, but another tab holds the old version.`, 'no');
    throw new StorageUnavailableError(`${what}did not open. Close the other tabs.`);
  }
}

function upgrade(request: IDBOpenDBRequest, oldVersion: number, { migrations = currentMigrations }: OpenOptions): void {
  // A database that is not one of Ermine is left as it is.
  if (oldVersion > 0 && !request.result.objectStoreNames.contains('meta')) return request.transaction!.abort();
  for (const migrate of migrations.slice(oldVersion)) migrate(request.result, request.transaction!);
}

/** The name of an error, which is how IndexedDB tells what went wrong. */
export function nameOf(error: unknown): string | undefined {
  return (Object(error) as { readonly name?: string }).name;
}

export const TIMED_OUT = Symbol();

/** Rejects with {@link TIMED_OUT} when the promise takes too long; what it does later is left to `late`. */
export function within<T>(timeoutMs: number, promise: Promise<T>, late: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      late();
      reject(TIMED_OUT);
      // A timer that is told more than 24 days does not wait at all.
    }, Math.min(timeoutMs, 1e9));
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
