import initSqlite, { type Sqlite3Static } from '@sqlite.org/sqlite-wasm';
import { StorageBlockedError, StorageFullError, StorageUnavailableError } from '../../event/errors.ts';
import { directoryOf } from './directory-of.ts';
import type { SqliteDriver } from './driver.ts';
import { createWasmDriver } from './wasm-driver.ts';
import { WholeCommits, type SyncFile } from './whole-commits.ts';

/** The handles of a worker that has just ended are let go a moment later. */
const HANDLES_AFTER_MS = 2_000;
const RETRY_MS = 50;
/** The database, its log of writes, and one to spare. */
const FILES = 3;

/** What the file system said last: SQLite itself only knows that something went wrong. */
let lastFailure: unknown;
// Read by the package when it starts.
Object.assign(globalThis, { sqlite3ApiConfig: { error: (...all: unknown[]) => (lastFailure = all.at(-1)), warn: () => undefined } });

// The package takes its files here, and this worker has no others.
const files = (globalThis.FileSystemFileHandle?.prototype ?? {}) as { createSyncAccessHandle?: () => Promise<SyncFile> };
const { createSyncAccessHandle } = files;
if (createSyncAccessHandle) {
  files.createSyncAccessHandle = async function (): Promise<SyncFile> {
    return new WholeCommits(await createSyncAccessHandle.call(this));
  };
}

/** A pool that was closed is not opened again: the next one has another name. */
let pools = 0;

/** Fetched and compiled while the rest gets ready. */
const loading: Promise<Sqlite3Static> = initSqlite();
loading.catch(() => undefined);

/**
 * Opens the database of this name in the origin's private file system, which no other worker can do until it is closed.
 *
 * @throws {StorageUnavailableError} where the browser has no such file system
 * @throws {StorageBlockedError} when another worker has the files
 */
export async function openWasm(name: string): Promise<SqliteDriver> {
  if (!createSyncAccessHandle) {
    throw new StorageUnavailableError('This browser has no file handles for SQLite (createSyncAccessHandle of OPFS). Use indexedDbStorage instead.');
  }
  const sqlite3 = await loading.catch((cause: unknown) => {
    throw new StorageUnavailableError(`SQLite cannot be loaded (${String(cause)}). Is sqlite3.wasm where the bundled worker looks for it, and does the CSP allow 'wasm-unsafe-eval'?`, { cause });
  });
  const pool = await openPool(sqlite3, name);
  try {
    const { OpfsSAHPoolDb } = pool;
    const opened = new OpfsSAHPoolDb('/log.db');
    const close = (): void => {
      opened.close();
      pool.pauseVfs();
    };
    return createWasmDriver(sqlite3, { pointer: opened.pointer as number, close, writeFailed });
  } catch (cause) {
    pool.pauseVfs();
    throw new StorageUnavailableError(`The database "${name}" cannot be opened (${String(cause)}).`, { cause });
  }
}

type PoolOptions = Parameters<Sqlite3Static['installOpfsSAHPoolVfs']>[0];

async function openPool(sqlite3: Sqlite3Static, name: string): ReturnType<Sqlite3Static['installOpfsSAHPoolVfs']> {
  const directory = `ermine-sqlite/${directoryOf(name)}`;
  for (const end = performance.now() + HANDLES_AFTER_MS; ; ) {
    try {
      // Otherwise a pool whose files are taken is deleted, and the database with it; and a failure would be remembered.
      const safely = { preserveOnInitFailure: true, forceReinitIfPreviouslyFailed: true };
      const pool = await sqlite3.installOpfsSAHPoolVfs({ name: `ermine-${++pools}`, directory, initialCapacity: FILES, ...safely } as PoolOptions);
      // Whoever made the files may have been killed after the first one.
      await pool.reserveMinimumCapacity(FILES);
      return pool;
    } catch (cause) {
      const { name: reason } = cause as DOMException;
      if (reason === 'QuotaExceededError') throw new StorageFullError({ cause });
      const taken = reason === 'NoModificationAllowedError' || reason === 'InvalidStateError';
      if (!taken) throw new StorageUnavailableError(`The browser gives no files to SQLite (${String(cause)}). In a private window, use indexedDbStorage instead.`, { cause });
      if (performance.now() > end) throw new StorageBlockedError('Another tab holds the files of the database.', 'no', [], { cause });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** At the quota a write says that it wrote something else (Chromium), or fails by name (Firefox). */
function writeFailed(): boolean {
  const failure = lastFailure;
  lastFailure = undefined;
  return failure instanceof Error && (failure.name === 'QuotaExceededError' || failure.message.includes('write()'));
}
