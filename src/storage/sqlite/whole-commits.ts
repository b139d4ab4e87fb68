/** Bytes of a frame's header in SQLite's log of writes; a page follows it (https://sqlite.org/fileformat.html#walformat). */
const FRAME_HEADER = 24;
/** Where the header of the last frame of a transaction is not zero. */
const COMMIT_AT = 4;
/** The frames of a larger transaction are written in parts. */
const MAX_HELD = 256 * 1024;

/** A file of the origin, opened for a worker (https://fs.spec.whatwg.org/#api-filesystemsyncaccesshandle). */
export interface SyncFile {
  read(data: Uint8Array, options: { readonly at: number }): number;
  /** @returns how much of it was written: less, at the quota */
  write(data: Uint8Array, options: { readonly at: number }): number;
  getSize(): number;
  truncate(size: number): void;
  flush(): void;
  close(): void;
}

/** The disk, or the quota, is full. */
export class ShortWriteError extends Error {
  override readonly name = 'ShortWriteError';
}

/** At the quota a write says that it wrote less (Chromium), or fails by name (Firefox). */
export function isFull(failure: unknown): boolean {
  return failure instanceof ShortWriteError || (failure instanceof Error && failure.name === 'QuotaExceededError');
}

/**
 * A file of SQLite's, to which the frames of a transaction go in one write. SQLite gives the header of each frame and its
 * page one by one, and every write to a file of the origin costs more than what is in it.
 *
 * Frames are held back from a header that continues what was written last to the page after the header that commits, or to
 * whatever is done to the file next: nothing that is committed is held. A write that fails, fails the commit.
 */
export class WholeCommits implements SyncFile {
  readonly #file: SyncFile;
  #held = new Uint8Array(32 * 1024);
  #length = 0;
  /** Where the last write ended. */
  #end = -1;
  #commits = false;

  constructor(file: SyncFile) {
    this.#file = file;
  }

  write(data: Uint8Array, { at }: { readonly at: number }): number {
    const size = data.byteLength;
    const continues = at === this.#end;
    const isHeader = size === FRAME_HEADER && continues;
    if (!continues) this.#writeHeld();
    this.#end = at + size;
    if (!isHeader && this.#length === 0) this.#writeAll(data, at);
    else this.#take(data, isHeader);
    return size;
  }

  #take(data: Uint8Array, isHeader: boolean): void {
    if (isHeader) this.#commits = data.subarray(COMMIT_AT, COMMIT_AT + 4).some((byte) => byte !== 0);
    this.#hold(data);
    if ((this.#commits && !isHeader) || this.#length > MAX_HELD) this.#writeHeld();
  }

  read(data: Uint8Array, options: { readonly at: number }): number {
    this.#writeHeld();
    return this.#file.read(data, options);
  }

  getSize(): number {
    this.#writeHeld();
    return this.#file.getSize();
  }

  truncate(size: number): void {
    this.#writeHeld();
    this.#file.truncate(size);
  }

  flush(): void {
    this.#writeHeld();
    this.#file.flush();
  }

  close(): void {
    this.#writeHeld();
    this.#file.close();
  }

  #hold(data: Uint8Array): void {
    const length = this.#length + data.byteLength;
    if (length > this.#held.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#held.subarray(0, this.#length));
      this.#held = larger;
    }
    this.#held.set(data, this.#length);
    this.#length = length;
  }

  #writeHeld(): void {
    if (this.#length === 0) return;
    const held = this.#held.subarray(0, this.#length);
    this.#length = 0;
    this.#writeAll(held, this.#end - held.length);
  }

  #writeAll(data: Uint8Array, at: number): void {
    const written = this.#file.write(data, { at });
    if (written !== data.length) throw new ShortWriteError(`write() wrote ${written} of ${data.length} bytes`);
  }
}
