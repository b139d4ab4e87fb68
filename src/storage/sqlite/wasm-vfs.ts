import { SQLITE_CANTOPEN, SQLITE_IOERR } from './driver.ts';
import { DATA_AT, type FilePool } from './file-pool.ts';
import { addFunctions } from './wasm-functions.ts';
import type { WasmSqlite } from './wasm-sqlite.ts';
import type { SyncFile } from './whole-commits.ts';

// https://sqlite.org/rescode.html
const OK = 0;
const NOT_FOUND = 12;
const SHORT_READ = 522;
// https://sqlite.org/c3ref/c_open_autoproxy.html, https://sqlite.org/c3ref/c_iocap_atomic.html
const CREATE = 0x4;
const UNDELETABLE_WHEN_OPEN = 0x800;
const POWERSAFE_OVERWRITE = 0x1000;

const SECTOR = 4_096;
const MAX_PATH = 512;
/** Milliseconds from noon of 24 November 4714 BC, where SQLite's time begins, to 1970. */
const JULIAN_1970 = 210_866_760_000_000;

export interface Vfs {
  /** The files that are there from now on; a worker has one database at a time. */
  use(pool: FilePool): void;
  /** What the file system said last, and SQLite does not tell: it only knows that something went wrong. */
  takeFailure(): unknown;
}

/** Makes a pool of files what SQLite keeps its databases in (https://sqlite.org/c3ref/vfs.html). Nobody else opens them, so there is nothing to lock. */
export function installVfs({ exports, table, memory }: WasmSqlite): Vfs {
  let pool: FilePool;
  let failure: unknown;
  const open = new Map<number, SyncFile>();
  const orFail = (code: number, work: () => number): number => {
    try {
      return work();
    } catch (cause) {
      failure = cause;
      return code;
    }
  };
  const answer = (out: number, value: number): number => (memory.view.setInt32(out, value, true), OK);
  const withFile = (pointer: number, work: (file: SyncFile) => number | void): number => orFail(SQLITE_IOERR, () => work(open.get(pointer)!) ?? OK);

  const call = addFunctions(table, {
    nothing: ['ii', () => OK],
    close: ['i', (file: number) => withFile(file, (it) => (open.delete(file), it.flush()))],
    read: [
      'iiij',
      (file: number, into: number, size: number, at: bigint) =>
        withFile(file, (it) => {
          const data = memory.bytes.subarray(into, into + size);
          const length = it.read(data, { at: DATA_AT + Number(at) });
          if (length === size) return OK;
          data.fill(0, length);
          return SHORT_READ;
        }),
    ],
    write: ['iiij', (file: number, from: number, size: number, at: bigint) => withFile(file, (it) => void it.write(memory.bytes.subarray(from, from + size), { at: DATA_AT + Number(at) }))],
    truncate: ['ij', (file: number, size: bigint) => withFile(file, (it) => it.truncate(DATA_AT + Number(size)))],
    sync: ['ii', (file: number) => withFile(file, (it) => it.flush())],
    fileSize: ['ii', (file: number, out: number) => withFile(file, (it) => memory.view.setBigInt64(out, BigInt(Math.max(0, it.getSize() - DATA_AT)), true))],
    isReserved: ['ii', (_file: number, out: number) => answer(out, 0)],
    control: ['iii', () => NOT_FOUND],
    sectorSize: ['i', () => SECTOR],
    // Otherwise the log of writes gets a commit a second time, to fill a sector; at the quota that fails, and the first is there.
    characteristics: ['i', () => UNDELETABLE_WHEN_OPEN | POWERSAFE_OVERWRITE],
    open: [
      'iiiii',
      (_vfs: number, name: number, file: number, flags: number, out: number) =>
        orFail(SQLITE_CANTOPEN, () => {
          const path = memory.textAt(name);
          const opened = pool.get(path) ?? (path && flags & CREATE ? pool.create(path, flags) : undefined);
          if (!opened) return SQLITE_CANTOPEN;
          open.set(file, opened);
          answer(file, methods);
          return out === 0 ? OK : answer(out, flags);
        }),
    ],
    delete: ['iii', (_vfs: number, name: number) => orFail(SQLITE_IOERR, () => (pool.delete(memory.textAt(name)), OK))],
    access: ['iiii', (_vfs: number, name: number, _flags: number, out: number) => answer(out, pool.get(memory.textAt(name)) ? 1 : 0)],
    fullPath: [
      'iiii',
      (_vfs: number, name: number, room: number, out: number) => {
        const length = memory.bytes.indexOf(0, name) + 1 - name;
        if (length > room) return SQLITE_CANTOPEN;
        memory.bytes.copyWithin(out, name, name + length);
        return OK;
      },
    ],
    randomness: ['iii', (_vfs: number, size: number, out: number) => (crypto.getRandomValues(memory.bytes.subarray(out, out + size)), size)],
    now: ['ii', (_vfs: number, out: number) => (memory.view.setBigInt64(out, BigInt(JULIAN_1970 + Date.now()), true), OK)],
  });

  // sqlite3_io_methods of version 1; to SQLite an open file is a pointer to them, and no more.
  const methods = memory.words([1, call.close, call.read, call.write, call.truncate, call.sync, call.fileSize, call.nothing, call.nothing, call.isReserved, call.control, call.sectorSize, call.characteristics]);
  // sqlite3_vfs of version 2, without extensions, and the default.
  const { pointer: name } = memory.write('ermine');
  const vfs = memory.words([2, 4, MAX_PATH, 0, name, 0, call.open, call.delete, call.access, call.fullPath, 0, 0, 0, 0, call.randomness, call.nothing, 0, 0, call.now]);
  exports.sqlite3_vfs_register(vfs, 1);

  return {
    use: (files) => void (pool = files),
    takeFailure() {
      const taken = failure;
      failure = undefined;
      return taken;
    },
  };
}
