import { lastPosition, type CommitRecord } from './commit-record.ts';

const MAX_STREAMS = 20_000;

/**
 * What a tab remembers of the log: its last position, and the versions of streams used lately. Valid exactly up to `tail`:
 * whether the log has moved on shows when the next record is added.
 */
export class HeadCache {
  #tail: number | undefined;
  /** Whether every stream of the log is in here, so that one that is not does not exist. */
  #complete = false;
  readonly #versions = new Map<string, number>();

  /** Position of the last event, undefined when it is not known. */
  get tail(): number | undefined {
    return this.#tail;
  }

  /** The stream's version as of `tail`, undefined when it has to be looked up. */
  get(stream: string): number | undefined {
    return this.#versions.get(stream) ?? (this.#complete ? 0 : undefined);
  }

  /** A version read from the log; if the log is beyond `tail` by then, nothing can be added with it anyway. */
  set(stream: string, version: number): void {
    // A stream that is set again becomes the youngest; the oldest goes.
    this.#versions.delete(stream);
    this.#versions.set(stream, version);
    if (this.#versions.size > MAX_STREAMS) {
      this.#versions.delete(this.#versions.keys().next().value!);
      this.#complete = false;
    }
  }

  /** Takes in records in order; one that does not follow on what is known changes nothing. */
  absorb(records: readonly CommitRecord[]): void {
    for (const record of records) {
      if (this.#tail === undefined || record.k !== this.#tail + 1) continue;
      for (const entry of record.s) if (entry) this.set(entry[0], entry[1]);
      this.#tail = lastPosition(record);
    }
  }

  /** Forgets the streams; `tail` is the end of the log if it has just been read. */
  reset(tail: number | undefined): void {
    this.#versions.clear();
    this.#tail = tail;
    this.#complete = tail === 0;
  }
}
