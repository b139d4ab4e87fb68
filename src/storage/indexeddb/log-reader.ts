import type { EventBatch } from '../../event/event-batch.ts';
import { isDeleted } from '../evaluate-appends.ts';
import type { Page, ReadRange, StreamSummary } from '../storage.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readTail } from './read-state.ts';
import { requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';

/** A page has at most so many records and, going by those read before, about so many UTF-16 units of payload. */
const MAX_PAGE_RECORDS = 512;
const PAGE_UNITS = 256 * 1024;

/** Reads the log in bounded pages, and lets the cache learn from what passes by. */
export class LogReader {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  /** Payload of a record, by the last page. */
  #unitsPerRecord = 2048;

  constructor(connection: Connection, cache: HeadCache) {
    this.#connection = connection;
    this.#cache = cache;
  }

  head(): Promise<number> {
    return this.#read(readTail);
  }

  async readAll({ from, limit, direction }: ReadRange): Promise<Page> {
    if (direction === 'backwards') return this.#backwards(undefined, from, limit);
    const count = this.#recordsFor(limit);
    const records = await this.#read(async (commits) => {
      const found = await requested<CommitRecord[]>(commits.getAll(IDBKeyRange.lowerBound(from), count));
      if (found[0]?.k === from || from === (this.#cache.tail ?? 0) + 1) return found;
      // `from` may be inside the record before.
      const before = await requested(commits.openCursor(IDBKeyRange.upperBound(from), 'prev'));
      const record = before?.value as CommitRecord | undefined;
      return record && lastPosition(record) >= from ? [record, ...found] : found;
    });
    this.#cache.absorb(records);
    const batches = this.#toBatches(records);
    return { batches, next: records.length < count ? undefined : lastPosition(records.at(-1)!) + 1 };
  }

  async readStream(stream: string, { from, limit, direction }: ReadRange): Promise<Page> {
    if (direction === 'backwards') return this.#backwards(stream, from, limit);
    const count = this.#recordsFor(limit);
    const records = await this.#read((commits) =>
      requested<CommitRecord[]>(commits.index('streams').getAll(streamRange(stream, from), count)),
    );
    const batches = this.#toBatches(records, stream);
    if (records.length === count) return { batches, next: lastVersion(batches) + 1 };
    const head = records.at(-1)?.s.find((entry) => entry?.[0] === stream)?.[1] ?? (from === 1 ? 0 : undefined);
    if (head !== undefined) this.#cache.set(stream, head);
    return { batches, next: undefined };
  }

  /** Record by record from the end: there is no request for many of them in this order. */
  async #backwards(stream: string | undefined, from: number, limit: number): Promise<Page> {
    const records: CommitRecord[] = [];
    let events = 0;
    await this.#read(async (commits) => {
      const source = stream === undefined ? commits : commits.index('streams');
      // The record that holds version `from` of a stream ends at most so much later; of a deleted one there is one record.
      const range = stream === undefined ? IDBKeyRange.upperBound(from) : streamRange(stream, 0, from + MAX_RECORD_EVENTS);
      const request = source.openCursor(range, 'prev');
      for (let cursor = await requested(request); cursor && events < limit; cursor = await requested(request)) {
        records.unshift(cursor.value as CommitRecord);
        for (const { count } of toBatches(records[0]!, stream)) events += count;
        cursor.continue();
      }
    });
    // Of a stream deleted long after version `from`, the tombstone is further on.
    if (records.length === 0 && stream !== undefined && from < Infinity) return this.#backwards(stream, Infinity, limit);
    const batches = this.#toBatches(records, stream);
    const first = batches[0] && (stream === undefined ? batches[0].position : batches[0].version);
    return { batches: batches.reverse(), next: events < limit || first === undefined ? undefined : first - 1 };
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    return this.#read(async (commits) => {
      const [summary] = await summarize(commits, [stream]);
      return summary!.version === 0 ? undefined : summary;
    });
  }

  async listStreams(range: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]> {
    const { category, after, limit } = range;
    return this.#read(async (commits) => {
      // An array is above every number, so [stream, []] is after all keys of the stream; "." is the character after "-".
      const lower = after !== undefined ? [after, []] : [category === undefined ? '' : `${category}-`];
      const names = category === undefined ? IDBKeyRange.lowerBound(lower) : IDBKeyRange.bound(lower, [`${category}.`]);
      const streams: string[] = [];
      const keys = commits.index('streams').openKeyCursor(names);
      for (let cursor = await requested(keys); cursor && streams.length < limit; cursor = await requested(keys)) {
        const [stream] = cursor.key as [string, number];
        streams.push(stream);
        cursor.continue([stream, []]);
      }
      return summarize(commits, streams);
    });
  }

  #read<T>(body: (commits: IDBObjectStore) => Promise<T>): Promise<T> {
    return this.#connection.run(['commits'], 'readonly', (transaction) => body(commitsOf(transaction)));
  }

  #recordsFor(events: number): number {
    return Math.ceil(Math.max(1, Math.min(events, MAX_PAGE_RECORDS, PAGE_UNITS / this.#unitsPerRecord)));
  }

  #toBatches(records: readonly CommitRecord[], stream?: string): EventBatch[] {
    const units = records.reduce((sum, { p }) => sum + p.reduce((total, { length }) => total + length, 0), 0);
    if (units > 0) this.#unitsPerRecord = units / records.length;
    return records.flatMap((record) => toBatches(record, stream));
  }
}

async function summarize(commits: IDBObjectStore, streams: readonly string[]): Promise<StreamSummary[]> {
  const heads = await readHeads(commits, streams);
  return heads.map(([stream, head]) => ({ stream, version: Math.floor(head), deleted: isDeleted(head) }));
}

function lastVersion(batches: readonly EventBatch[]): number {
  const last = batches.at(-1);
  return last ? last.version + last.count - 1 : 0;
}
