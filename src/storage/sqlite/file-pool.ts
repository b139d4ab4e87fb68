import { WholeCommits, type SyncFile } from './whole-commits.ts';

/** Where the data of a file begins: its path, its flags, and a digest of both stand before it. */
export const DATA_AT = 4_096;
const PATH = 512;
const DIGEST = 516;
/** The digest is the second kind, as the flags of a file say (`SQLITE_OPEN_MEMORY`). */
const DIGESTED = 0x80;

/** How every database begins (https://sqlite.org/fileformat.html). */
const DATABASE = 'SQLite format 3\0';

/** The types of a page's globals do not have it. */
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncFile>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * The files of one database, opened for this worker: as many as there are, because none can be opened while SQLite waits.
 * Their names say nothing; which path each stands for is in its header, in the layout of SQLite's own pool of files
 * (`opfs-sahpool`, https://sqlite.org/wasm/doc/trunk/persistence.md#vfs-opfs-sahpool), which can open them.
 */
export class FilePool {
  readonly #files: readonly SyncFile[];
  readonly #byPath = new Map<string, SyncFile>();
  readonly #spare: SyncFile[] = [];

  private constructor(files: readonly SyncFile[]) {
    this.#files = files;
    for (const file of files) {
      const header = new Uint8Array(PATH);
      file.read(header, { at: 0 });
      const path = decoder.decode(header.subarray(0, header.indexOf(0)));
      if (path) this.#byPath.set(path, file);
      // At the quota only one that has a header can be given another.
      else if (file.getSize() < DATA_AT) this.#spare.unshift(file);
      else this.#spare.push(file);
    }
  }

  /**
   * Opens all files of a directory, and makes those that are missing.
   *
   * @throws {DOMException} when another worker has them, or there is no room
   */
  static async open(directory: FileSystemDirectoryHandle, count: number): Promise<FilePool> {
    const names: string[] = [];
    for await (const name of directory.keys()) names.push(name);
    while (names.length < count) names.push(crypto.randomUUID());
    const opened = await Promise.allSettled(names.map((name) => openFile(directory, name)));
    const files = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    try {
      for (const result of opened) if (result.status === 'rejected') throw result.reason;
      return new FilePool(files);
    } catch (cause) {
      for (const file of files) file.close();
      throw cause;
    }
  }

  get(path: string): SyncFile | undefined {
    return this.#byPath.get(path);
  }

  /** Whether one of the files holds a database, whatever it stands for. */
  holdsDatabase(): boolean {
    return this.#files.some((file) => {
      const start = new Uint8Array(DATABASE.length);
      file.read(start, { at: DATA_AT });
      return decoder.decode(start) === DATABASE;
    });
  }

  /** @throws {Error} when all files are taken */
  create(path: string, flags: number): SyncFile {
    const file = this.#spare.at(-1);
    if (!file) throw new Error(`There is no file left for ${path}.`);
    // Nothing is left of what was in it, when it has a path.
    file.truncate(DATA_AT);
    file.write(headerOf(path, flags), { at: 0 });
    file.flush();
    this.#spare.pop();
    this.#byPath.set(path, file);
    return file;
  }

  delete(path: string): void {
    const file = this.#byPath.get(path);
    if (!file) return;
    // In place, so that it needs no room.
    file.write(headerOf('', 0), { at: 0 });
    this.#byPath.delete(path);
    this.#spare.push(file);
    file.truncate(DATA_AT);
    file.flush();
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

async function openFile(directory: FileSystemDirectoryHandle, name: string): Promise<SyncFile> {
  const handle = (await directory.getFileHandle(name, { create: true })) as WorkerFileHandle;
  const file = await handle.createSyncAccessHandle();
  // Safari before 16.4 answers with promises.
  if (typeof file.getSize() !== 'number') throw new TypeError('its file handles are not synchronous');
  return new WholeCommits(file);
}

function headerOf(path: string, flags: number): Uint8Array {
  const header = new Uint8Array(DATA_AT);
  if (path) {
    encoder.encodeInto(path, header.subarray(0, PATH - 1));
    new DataView(header.buffer).setUint32(PATH, flags | DIGESTED);
    header.set(digest(header.subarray(0, DIGEST)), DIGEST);
  }
  return header;
}

/** As the pool of SQLite's has it, which takes a file with another one for broken. */
function digest(bytes: Uint8Array): Uint8Array {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 0x9e3779b1);
    b = Math.imul(b ^ byte, 0x19919);
  }
  return new Uint8Array(Uint32Array.of(a, b).buffer);
}
