import type { EventBatch } from '../../event/event-batch.ts';
import { DELETED } from '../evaluate-appends.ts';
import type { Page, ReadRange, StreamSummary } from '../storage.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readTail } from './read-state.ts';
import { requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';

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
      const commits = commitsOf(transaction);
      const { tail } = this.#cache;
      if (tail !== undefined && (await requested(commits.getKey(IDBKeyRange.lowerBound(tail + 1)))) === undefined) return tail;
      return readTail(commits);
    });
  }

  async readAll({ from, limit, direction }: ReadRange): Promise<Page> {
    return direction === 'forwards' ? this.#forwards(from, limit) : this.#backwards(from, limit);
  }

  async #forwards(from: number, limit: number): Promise<Page> {
    const count = this.#recordsFor(limit);
    const records = await this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const commits = commitsOf(transaction);
      const found = await requested<CommitRecord[]>(commits.getAll(IDBKeyRange.lowerBound(from), count));
      if (found[0]?.k === from || from === (this.#cache.tail ?? 0) + 1) return found;
      // `from` may be inside the record before.
      const before = await requested(commits.openCursor(IDBKeyRange.upperBound(from), 'prev'));
      const record = before?.value as CommitRecord | undefined;
      return record && lastPosition(record) >= from ? [record, ...found] : found;
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
      requested<CommitRecord[]>(commitsOf(transaction).getAll(window)),
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
      requested<CommitRecord[]>(commitsOf(transaction).index('streams').getAll(streamRange(stream, from), count)),
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
      const commits = commitsOf(transaction);
      const [head] = await readHeads(commits, [stream]);
      if (head![1] === DELETED) return [await readTombstone(commits, stream)];
      const start = Math.min(from, head![1]);
      const window = streamRange(stream, start - Math.max(limit, MAX_RECORD_EVENTS) + 1, start + MAX_RECORD_EVENTS - 1);
      return requested<CommitRecord[]>(commits.index('streams').getAll(window));
    });
    const batches = records.flatMap((record) => toBatches(record, stream)).filter((batch) => batch.version <= from);
    const first = batches[0]?.version ?? 1;
    return { batches: batches.reverse(), next: first > 1 ? first - 1 : undefined };
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    return this.#connection.run(['commits'], 'readonly', async (transaction) => {
      const [summary] = await summarize(commitsOf(transaction), [stream]);
      return summary!.version === 0 ? undefined : summary;
    });
  }

  async listStreams(range: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]> {
    const { category, after, limit } = range;
    return this.#connection.run(['commits'], 'readonly', async (transaction) => {
      // An array is above every number, so [stream, []] is after all keys of the stream; "." is the character after "-".
      const lower = after !== undefined ? [after, []] : [category === undefined ? '' : `${category}-`];
      const names = category === undefined ? IDBKeyRange.lowerBound(lower) : IDBKeyRange.bound(lower, [`${category}.`]);
      const streams: string[] = [];
      const keys = commitsOf(transaction).index('streams').openKeyCursor(names);
      for (let cursor = await requested(keys); cursor && streams.length < limit; cursor = await requested(keys)) {
        const [stream] = cursor.key as [string, number];
        streams.push(stream);
        cursor.continue([stream, []]);
      }
      return summarize(commitsOf(transaction), streams);
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

async function summarize(commits: IDBObjectStore, streams: readonly string[]): Promise<StreamSummary[]> {
  const heads = await readHeads(commits, streams);
  return Promise.all(
    heads.map(async ([stream, head]) => {
      const deleted = head === DELETED;
      return { stream, version: deleted ? lastVersion(toBatches(await readTombstone(commits, stream), stream)) : head, deleted };
    }),
  );
}

function readTombstone(commits: IDBObjectStore, stream: string): Promise<CommitRecord> {
  return requested<CommitRecord>(commits.index('streams').get([stream, DELETED]));
}

function lastVersion(batches: readonly EventBatch[]): number {
  const last = batches.at(-1);
  return last ? last.version + last.count - 1 : 0;
}
