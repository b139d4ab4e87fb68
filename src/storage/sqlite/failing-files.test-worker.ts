// Uses a log over real files that fail from one of the operations that change them on.
import { FilePool } from './file-pool.ts';
import { openDatabase } from './open-database.ts';
import type { Database } from './database.ts';
import { SqliteError } from './driver.ts';
import { createWasmDriver } from './wasm-driver.ts';
import { startSqlite, type WasmSqlite } from './wasm-sqlite.ts';
import { installVfs, type Vfs } from './wasm-vfs.ts';
import type { SyncFile } from './whole-commits.ts';

/** `ends`: half of it is done, and nothing after it. `full`: no file gets larger. `unreadable`: nothing is read for an export. */
export type Failure = 'never' | 'ends' | 'full' | 'unreadable';

export interface FailingRequest {
  readonly failure: Failure;
  /** The first operation that fails. */
  readonly at: number;
}

export interface FailingAnswer {
  readonly operations: number;
  /** Numbers of the transactions that were acknowledged. */
  readonly acknowledged: readonly number[];
  /** Numbers of those that are in the log afterwards, each as often as it wrote a row. */
  readonly stored: readonly number[];
  /** What went wrong meanwhile, by SQLite's result code. */
  readonly codes: readonly number[];
  /** Sessions that did not get a database. */
  readonly notOpened: readonly string[];
  /** How an export ended. */
  readonly exported: string;
  readonly integrity: unknown;
  readonly files: number;
}

const files = (globalThis as unknown as { FileSystemSyncAccessHandle: { prototype: SyncFile } }).FileSystemSyncAccessHandle.prototype;
const { write, truncate, flush, close, read, getSize } = files;
const opened = new Set<SyncFile>();
let operations = 0;
let isExporting = false;
let failing: FailingRequest = { failure: 'never', at: 0 };

const fails = (failure: Failure): boolean => failing.failure === failure && operations > failing.at;
const end = (): never => {
  throw new DOMException('The worker has ended.', 'InvalidStateError');
};

files.write = function (data, { at }) {
  operations++;
  const size = getSize.call(this);
  if (fails('full') && at + data.length > size) return write.call(this, data.subarray(0, Math.max(0, size - at)), { at });
  if (!fails('ends')) return write.call(this, data, { at });
  if (operations === failing.at + 1) write.call(this, data.subarray(0, data.length / 2), { at });
  return end();
};
files.truncate = function (size) {
  operations++;
  if (fails('full') && size > getSize.call(this)) throw new DOMException('No space.', 'QuotaExceededError');
  if (fails('ends')) end();
  truncate.call(this, size);
};
files.flush = function () {
  operations++;
  if (fails('ends')) end();
  flush.call(this);
};
files.read = function (data, options) {
  opened.add(this);
  if (failing.failure === 'unreadable' && isExporting) throw new DOMException('It cannot be read.', 'NotReadableError');
  return read.call(this, data, options);
};

const compiling = WebAssembly.compileStreaming(fetch(new URL('@sqlite.org/sqlite-wasm/sqlite3.wasm', import.meta.url)));

class Process {
  readonly #sqlite: WasmSqlite;
  readonly #vfs: Vfs;

  private constructor(sqlite: WasmSqlite) {
    this.#sqlite = sqlite;
    this.#vfs = installVfs(sqlite);
  }

  static async start(): Promise<Process> {
    return new Process(await startSqlite(await compiling));
  }

  async open(directory: FileSystemDirectoryHandle): Promise<Database> {
    const pool = await FilePool.open(directory, 3);
    this.#vfs.use(pool);
    try {
      const driver = createWasmDriver(this.#sqlite, { file: '/log.db', onClosed: () => pool.close(), takeFailure: this.#vfs.takeFailure });
      return openDatabase(driver, { name: 'log', durability: 'strict', exclusive: true }).database;
    } catch (cause) {
      pool.close();
      throw cause;
    }
  }
}

/** Three rows in one transaction: of a few bytes, or of many pages. */
function append(database: Database, n: number): void {
  database.transaction(() => {
    database.driver.exec('CREATE TABLE IF NOT EXISTS noted (n, content)');
    database.run("INSERT INTO noted SELECT ?, zeroblob(?) FROM json_each('[1, 2, 3]')", n, n % 2 === 0 ? 10 : 50_000);
  });
}

function tryToExport(database: Database): string {
  isExporting = true;
  try {
    return `${database.driver.export().length} bytes`;
  } catch (cause) {
    return String(cause);
  } finally {
    isExporting = false;
    database.close();
  }
}

async function run(request: FailingRequest): Promise<FailingAnswer> {
  const root = await navigator.storage.getDirectory();
  const name = `failing-${crypto.randomUUID()}`;
  const directory = await root.getDirectoryHandle(name, { create: true });
  const acknowledged: number[] = [];
  const codes: number[] = [];
  const notOpened: string[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (cause) {
      codes.push(cause instanceof SqliteError ? cause.resultCode : 0);
    }
  };

  [operations, failing] = [0, request];
  let process = await Process.start();
  for (const session of [[1, 2, 3], [4, 5]]) {
    try {
      const database = await process.open(directory);
      for (const n of session) attempt(() => (append(database, n), acknowledged.push(n)));
      if (session.includes(3)) {
        database.emptyWal();
        attempt(() => (append(database, 0), acknowledged.push(0)));
      }
      attempt(() => database.close());
    } catch (cause) {
      notOpened.push(`${session}: ${String(cause)}`);
    }
  }
  const total = operations;
  const exported = ['ends', 'full'].includes(request.failure) ? '' : tryToExport(await process.open(directory));

  failing = { failure: 'never', at: 0 };
  // What ended has no handles any more; what is full goes on when there is room.
  if (request.failure === 'ends') {
    for (const file of opened) close.call(file);
    process = await Process.start();
  }
  opened.clear();
  const database = await process.open(directory);
  const query = (sql: string): unknown[] => database.driver.query(sql, [], { maxRows: 99, maxMs: 10_000 }).rows.flat();
  database.driver.exec('CREATE TABLE IF NOT EXISTS noted (n, content)');
  const answer = { integrity: query('PRAGMA integrity_check')[0], stored: query('SELECT n FROM noted ORDER BY n') as number[] };
  append(database, 6);
  database.close();
  let count = 0;
  for await (const _ of directory.keys()) count++;
  await root.removeEntry(name, { recursive: true });
  return { operations: total, acknowledged, codes, notOpened, exported, files: count, ...answer };
}

globalThis.onmessage = ({ data }: MessageEvent<FailingRequest>) => {
  run(data).then(
    (answer) => globalThis.postMessage(answer),
    (error: unknown) => globalThis.postMessage(String(error)),
  );
};
