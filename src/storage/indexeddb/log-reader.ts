import type { EventBatch } from '../../event/event-batch.ts';
import { isTombstone } from '../../event/tombstone.ts';
import { isDeleted } from '../evaluate-appends.ts';
import type { Page, ReadRange, StreamSummary } from '../storage.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readTail } from './read-state.ts';
import { requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';

/** An event weighs so many UTF-16 units more than its payload, and a page as much as its events with so many in each. */
const EVENT_WEIGHT = 256;
const MEAN_EVENT_WEIGHT = 512;

/** Reads the log in bounded pages, and lets the cache learn from what passes by. */
export class LogReader {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  /** Of a record, by the last page. */
  #weight = 32_768;

  constructor(connection: Connection, cache: HeadCache) {
    this.#connection = connection;
    this.#cache = cache;
  }

  head(): Promise<number> {
    return this.#connection.look(readTail);
  }

  async readAll({ from, limit, direction }: ReadRange): Promise<Page> {
    if (direction === 'backwards') return this.#backwards(undefined, from, limit);
    const count = this.#recordsFor(limit);
    const records = await this.#connection.look((commits) => requested<CommitRecord[]>(commits.getAll(IDBKeyRange.lowerBound(from), count)));
    if (records[0]?.k !== from && from !== (this.#cache.tail ?? 0) + 1) {
      // `from` may be inside the record before.
      const before = await this.#connection.look((commits) => requested(commits.openCursor(IDBKeyRange.upperBound(from), 'prev')));
      const record = before?.value as CommitRecord | undefined;
      if (record && lastPosition(record) >= from) records.unshift(record);
    }
    this.#cache.absorb(records);
    const batches = this.#toBatches(records);
    return { batches, next: records.length < count ? undefined : lastPosition(records.at(-1)!) + 1 };
  }

  async readStream(stream: string, { from, limit, direction }: ReadRange): Promise<Page> {
    const page = direction === 'backwards' ? await this.#backwards(stream, from, limit) : await this.#streamForwards(stream, from, limit);
    if (page.batches.length > 0 || from === 1 || from === Infinity) return page;
    // Of a stream that was deleted at another version, the tombstone tells.
    const last = await this.#backwards(stream, Infinity, 1);
    return { batches: last.batches.filter(isTombstone), next: undefined };
  }

  async #streamForwards(stream: string, from: number, limit: number): Promise<Page> {
    const count = this.#recordsFor(limit);
    const { tail } = this.#cache;
    const records = await this.#connection.look((commits) =>
      requested<CommitRecord[]>(commits.index('streams').getAll(streamRange(stream, from), count)),
    );
    const batches = this.#toBatches(records, stream);
    // Of the record, and not of its batches: they may have been erased.
    const last = records.at(-1)?.s.find((entry) => entry?.[0] === stream)?.[1];
    if (records.length === count && !isDeleted(last!)) return { batches, next: last! + 1 };
    const head = last ?? (from === 1 ? 0 : undefined);
    // A later read may have come in before: then this is what the stream was, not what it is.
    if (head !== undefined && this.#cache.tail === tail) this.#cache.set(stream, head);
    return { batches, next: undefined };
  }

  /** Record by record from the end: there is no request for many of them in this order. */
  async #backwards(stream: string | undefined, from: number, limit: number): Promise<Page> {
    const records: CommitRecord[] = [];
    const placeOf = (batch: EventBatch): number => (stream === undefined ? batch.position : batch.version);
    let events = 0;
    await this.#read(async (commits) => {
      const source = stream === undefined ? commits : commits.index('streams');
      // The record that holds version `from` of a stream ends at most so much later; of a deleted one there is one record.
      const range = stream === undefined ? IDBKeyRange.upperBound(from) : streamRange(stream, 0, from + MAX_RECORD_EVENTS);
      const request = source.openCursor(range, 'prev');
      for (let cursor = await requested(request); cursor && events < limit; cursor = await requested(request)) {
        records.unshift(cursor.value as CommitRecord);
        for (const batch of toBatches(records[0]!, stream)) if (placeOf(batch) <= from) events += batch.count;
        cursor.continue();
      }
    });
    const batches = this.#toBatches(records, stream).filter((batch) => placeOf(batch) <= from || isTombstone(batch));
    return { next: events < limit ? undefined : placeOf(batches[0]!) - 1, batches: batches.reverse() };
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    const [summary] = await this.#connection.look((commits) => summarize(commits, [stream]));
    return summary!.version === 0 ? undefined : summary;
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

  /** How many records have about so many events, or fewer large ones. */
  #recordsFor(events: number): number {
    return Math.ceil(Math.min(events, (events * MEAN_EVENT_WEIGHT) / this.#weight));
  }

  #toBatches(records: readonly CommitRecord[], stream?: string): EventBatch[] {
    const batches = records.flatMap((record) => toBatches(record));
    const weight = batches.reduce((sum, { events, count }) => sum + events.length + count * EVENT_WEIGHT, 0);
    if (weight > 0) this.#weight = weight / records.length;
    return stream === undefined ? batches : batches.filter((batch) => batch.stream === stream);
  }
}

async function summarize(commits: IDBObjectStore, streams: readonly string[]): Promise<StreamSummary[]> {
  const heads = await readHeads(commits, streams);
  return heads.map(([stream, head]) => ({ stream, version: Math.floor(head), deleted: isDeleted(head) }));
}
