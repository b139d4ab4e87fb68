import type { EventBatch } from '../../event/event-batch.ts';
import { DELETED } from '../evaluate-appends.ts';
import type { Page, ReadRange, StreamSummary } from '../storage.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readTail, streamRange } from './read-state.ts';

/** Records that one request may return: at most about 2 MiB of payload. */
const MIN_PAGE_RECORDS = 32;
const MAX_PAGE_RECORDS = 512;
const PAGE_UNITS = 1024 * 1024;

/** Reads the log in bounded pages, and lets the cache learn from what passes by. */
export class LogReader {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  /** Running means over the pages read so far. */
  #eventsPerRecord = 8;
  #unitsPerRecord = 2048;

  constructor(connection: Connection, cache: HeadCache) {
    this.#connection = connection;
    this.#cache = cache;
  }

  async head(): Promise<number> {
    return this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const commits = transaction.objectStore('commits');
      const { tail } = this.#cache;
      if (tail !== undefined && (await commits.getKey(IDBKeyRange.lowerBound(tail + 1))) === undefined) return tail;
      return readTail(commits);
    });
  }

  async readAll({ from, limit, direction }: ReadRange): Promise<Page> {
    return direction === 'forwards' ? this.#forwards(from, limit) : this.#backwards(from, limit);
  }

  async #forwards(from: number, limit: number): Promise<Page> {
    const count = this.#recordsFor(limit);
    const records = await this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const commits = transaction.objectStore('commits');
      const found = await commits.getAll(IDBKeyRange.lowerBound(from), count);
      if (found[0]?.k === from || from === (this.#cache.tail ?? 0) + 1) return found;
      // `from` may be inside the record before.
      const before = await commits.openCursor(IDBKeyRange.upperBound(from), 'prev');
      return before && lastPosition(before.value) >= from ? [before.value, ...found] : found;
    });
    this.#cache.absorb(records);
    this.#measure(records);
    const next = records.length >= count ? lastPosition(records.at(-1)!) + 1 : undefined;
    return { batches: records.flatMap((record) => toBatches(record)), next };
  }

  async #backwards(from: number, limit: number): Promise<Page> {
    const start = Math.min(from, await this.head());
    if (start < 1) return { batches: [], next: undefined };
    // The record that holds `start` begins in any window of so many positions.
    const window = IDBKeyRange.bound(start - Math.max(limit, MAX_RECORD_EVENTS) + 1, start);
    const records = await this.#connection.run(['commits'], 'readonly', (transaction) =>
      transaction.objectStore('commits').getAll(window),
    );
    const first = records[0]?.k ?? 1;
    return { batches: records.flatMap((record) => toBatches(record)).reverse(), next: first > 1 ? first - 1 : undefined };
  }

  async readStream(stream: string, { from, limit, direction }: ReadRange): Promise<Page> {
    return direction === 'forwards' ? this.#streamForwards(stream, from, limit) : this.#streamBackwards(stream, from, limit);
  }

  async #streamForwards(stream: string, from: number, limit: number): Promise<Page> {
    const count = Math.max(MIN_PAGE_RECORDS, this.#recordsFor(limit));
    const records = await this.#connection.run(['commits'], 'readonly', (transaction) =>
      transaction.objectStore('commits').index('streams').getAll(streamRange(stream, from), count),
    );
    this.#measure(records);
    const batches = records.flatMap((record) => toBatches(record, stream));
    if (records.length >= count) return { batches, next: lastVersion(batches) + 1 };
    const head = records.at(-1)?.s.find((entry) => entry?.[0] === stream)?.[1] ?? (from === 1 ? 0 : undefined);
    if (head !== undefined) this.#cache.set(stream, head);
    return { batches, next: undefined };
  }

  async #streamBackwards(stream: string, from: number, limit: number): Promise<Page> {
    const records = await this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const commits = transaction.objectStore('commits');
      const [head] = await readHeads(commits, [stream]);
      if (head![1] === DELETED) return commits.index('streams').getAll([stream, DELETED]);
      const start = Math.min(from, head![1]);
      const window = streamRange(stream, start - Math.max(limit, MAX_RECORD_EVENTS) + 1, start + MAX_RECORD_EVENTS - 1);
      return commits.index('streams').getAll(window);
    });
    const batches = records.flatMap((record) => toBatches(record, stream)).filter((batch) => batch.version <= from);
    const first = batches[0]?.version ?? 1;
    return { batches: batches.reverse(), next: first > 1 ? first - 1 : undefined };
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    return this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const commits = transaction.objectStore('commits');
      const [head] = await readHeads(commits, [stream]);
      if (head![1] !== DELETED) return head![1] === 0 ? undefined : { stream, version: head![1], deleted: false };
      const tombstone = await commits.index('streams').get([stream, DELETED]);
      return { stream, version: lastVersion(toBatches(tombstone!, stream)), deleted: true };
    });
  }

  async listStreams(range: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]> {
    const { category, after, limit } = range;
    return this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const index = transaction.objectStore('commits').index('streams');
      const lower = after !== undefined ? [after, []] : [category === undefined ? '' : `${category}-`];
      // "." is the character after "-".
      const names = category === undefined ? IDBKeyRange.lowerBound(lower) : IDBKeyRange.bound(lower, [`${category}.`]);
      const streams: string[] = [];
      for (let cursor = await index.openKeyCursor(names); cursor && streams.length < limit; ) {
        streams.push(cursor.key[0]);
        // An array is above every number: the next key is the next stream's.
        cursor = await cursor.continue([cursor.key[0], []] as never);
      }
      const heads = await readHeads(transaction.objectStore('commits'), streams);
      return Promise.all(
        heads.map(async ([stream, version]) => {
          if (version !== DELETED) return { stream, version, deleted: false };
          const tombstone = await index.get([stream, DELETED]);
          return { stream, version: lastVersion(toBatches(tombstone!, stream)), deleted: true };
        }),
      );
    });
  }

  #recordsFor(events: number): number {
    const wanted = Math.min(events / this.#eventsPerRecord, PAGE_UNITS / this.#unitsPerRecord);
    return Math.min(MAX_PAGE_RECORDS, Math.max(1, Math.ceil(wanted)));
  }

  #measure(records: readonly CommitRecord[]): void {
    if (records.length < MIN_PAGE_RECORDS / 2) return;
    const events = records.reduce((sum, record) => sum + lastPosition(record) - record.k + 1, 0);
    const units = records.reduce((sum, record) => sum + record.p.reduce((total, text) => total + text.length, 0), 0);
    this.#eventsPerRecord = Math.max(1, events / records.length);
    this.#unitsPerRecord = Math.max(1, units / records.length);
  }
}

function lastVersion(batches: readonly EventBatch[]): number {
  const last = batches.at(-1);
  return last ? last.version + last.count - 1 : 0;
}
