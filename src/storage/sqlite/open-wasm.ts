import { StorageBlockedError, StorageFullError, StorageUnavailableError } from '../../event/errors.ts';
import { openDirectory } from './directory-of.ts';
import type { SqliteDriver } from './driver.ts';
import { FilePool } from './file-pool.ts';
import { createWasmDriver } from './wasm-driver.ts';
import { startSqlite, type WasmSqlite } from './wasm-sqlite.ts';
import { installVfs, type Vfs } from './wasm-vfs.ts';
import { isFull } from './whole-commits.ts';

/** The handles of a worker that has just ended are let go a moment later. */
const HANDLES_AFTER_MS = 2_000;
const RETRY_MS = 50;
/** The database, its log of writes, and one to spare. */
const FILES = 3;

const LOG = '/log.db';

/** Fetched and compiled while the rest gets ready. */
const loading = load();
loading.catch(() => undefined);

async function load(): Promise<{ readonly sqlite: WasmSqlite; readonly vfs: Vfs }> {
  const response = await fetch(new URL('@sqlite.org/sqlite-wasm/sqlite3.wasm', import.meta.url));
  if (!response.ok) throw new Error(`${response.status} for ${response.url}`);
  // Compiled while it comes, where the server says what it is.
  const typed = response.headers.get('Content-Type') === 'application/wasm';
  const sqlite = await startSqlite(await (typed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer())));
  return { sqlite, vfs: installVfs(sqlite) };
}

/**
 * Opens the database of this name in the origin's private file system, which no other worker can do until it is closed.
 *
 * @throws {StorageUnavailableError} where the browser has no such file system, or the files are damaged
 * @throws {StorageBlockedError} when another worker has the files
 * @throws {SqliteError} when it is no database, or cannot be made
 */
export async function openWasm(name: string): Promise<SqliteDriver> {
  if (!('FileSystemFileHandle' in globalThis) || !('createSyncAccessHandle' in FileSystemFileHandle.prototype)) {
    throw new StorageUnavailableError('This browser has no file handles for SQLite (createSyncAccessHandle of OPFS). Use indexedDbStorage instead.');
  }
  const pool = await openPool(name);
  try {
    if (!pool.get(LOG) && pool.holdsDatabase()) {
      throw new StorageUnavailableError(`The files of "${name}" are damaged: one holds a database, and nothing says that it is the log's. They were left as they are.`);
    }
    const { sqlite, vfs } = await loading.catch((cause: unknown) => {
      throw new StorageUnavailableError(`SQLite cannot be loaded (${String(cause)}). Is sqlite3.wasm where the bundled worker looks for it, and does the CSP allow 'wasm-unsafe-eval'?`, { cause });
    });
    vfs.use(pool);
    return createWasmDriver(sqlite, { file: LOG, onClosed: () => pool.close(), takeFailure: vfs.takeFailure });
  } catch (cause) {
    pool.close();
    throw cause;
  }
}

async function openPool(name: string): Promise<FilePool> {
  for (const end = performance.now() + HANDLES_AFTER_MS; ; ) {
    try {
      return await FilePool.open(await openDirectory(name), FILES);
    } catch (cause) {
      const { name: reason } = cause as DOMException;
      if (isFull(cause)) throw new StorageFullError({ cause });
      const taken = reason === 'NoModificationAllowedError' || reason === 'InvalidStateError';
      if (!taken) throw new StorageUnavailableError(`The browser gives no files to SQLite (${String(cause)}). In a private window, use indexedDbStorage instead.`, { cause });
      if (performance.now() > end) throw new StorageBlockedError('Another tab holds the files of the database.', 'no', [], { cause });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
