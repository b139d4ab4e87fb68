import type { EventBatch } from '../../event/event-batch.ts';
import { hash53 } from '../../event/event-id.ts';
import { isTombstone } from '../../event/tombstone.ts';
import type { Page, ReadRange } from '../storage.ts';
import { lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import type { Later } from './later.ts';
import { readTail } from './read-state.ts';
import { requested } from './request.ts';
import { streamRange } from './schema.ts';

/** In UTF-16 units: what an event counts beside its payload, and what events count on average in a page of full length. */
const EVENT_WEIGHT = 256;
const MEAN_EVENT_WEIGHT = 512;

/** Reads the log in bounded pages, and lets the cache learn from what passes by. */
export class LogReader {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  readonly #later: () => Promise<Later>;
  /** The average weight of a record of the last page. */
  #weight = 32_768;

  constructor(connection: Connection, cache: HeadCache, later: () => Promise<Later>) {
    this.#connection = connection;
    this.#later = later;
    this.#cache = cache;
  }

  head(): Promise<number> {
    return this.#connection.look(readTail);
  }

  async readAll(range: ReadRange): Promise<Page> {
    const { from, limit, direction, correlationId } = range;
    if (correlationId !== undefined) {
      const page = await (await this.#later()).readCorrelated(hash53(correlationId), range);
      if (page) return page;
    }
    if (direction === 'backwards') return (await this.#later()).readBackwards(undefined, from, limit);
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
    if (direction === 'backwards') return (await this.#later()).readBackwards(stream, from, limit);
    const page = await this.#streamForwards(stream, from, limit);
    if (page.batches.length > 0 || from === 1) return page;
    // A stream that was deleted before this version still has its tombstone.
    const last = await this.#connection.look((commits) => requested(commits.index('streams').openCursor(streamRange(stream), 'prev')));
    return { batches: last ? toBatches(last.value as CommitRecord, stream).filter(isTombstone) : [], next: undefined };
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
    if (records.length === count && Number.isInteger(last)) return { batches, next: last! + 1 };
    const head = last ?? (from === 1 ? 0 : undefined);
    // A later read may have come in before: then this is what the stream was, not what it is.
    if (head !== undefined && this.#cache.tail === tail) this.#cache.set(stream, head);
    return { batches, next: undefined };
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
