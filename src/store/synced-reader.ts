import type { EventDecoder } from '../event/event-batch.ts';
import type { Event } from '../event/event.ts';
import { splitStreamName, streamIdToString, type StreamId } from '../event/stream-id.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { OutboxView } from '../sync/outbox.ts';
import { asPending, pendingEvents, type LoadedEvent } from '../sync/pending-events.ts';
import { PendingIndex } from '../sync/pending-index.ts';
import type { Replica } from '../sync/replica.ts';
import type * as Api from './event-store.ts';
import type { LogEventStore } from './log-event-store.ts';
import type { ReadStreamOptions } from './read-options.ts';

/** Reads streams as they are with what is pending. */
export class SyncedReader<E extends Event> {
  readonly #inner: LogEventStore<E>;
  readonly #replica: Replica;
  readonly #decoder: EventDecoder;
  #index: PendingIndex | undefined;

  constructor(inner: LogEventStore<E>, replica: Replica, decoder: EventDecoder) {
    this.#inner = inner;
    this.#replica = replica;
    this.#decoder = decoder;
  }

  async *readStream(id: StreamId | string, options: ReadStreamOptions = {}): AsyncGenerator<LoadedEvent<E>, void, undefined> {
    const { direction = 'forwards', count = Infinity, fromVersion, signal } = options;
    if (options.count !== undefined) checkWholeNumber(count, 'count', 0);
    let left = count;
    if (direction === 'forwards') {
      for await (const event of this.#forwards(id, fromVersion, signal)) {
        if (left-- <= 0) return;
        yield event;
      }
      return;
    }
    const { commits } = await this.#replica.outbox.look();
    const stream = streamIdToString(id);
    if (!commits.some(({ writes }) => writes.some((write) => write.stream === stream))) return yield* this.#inner.readStream(id, options) as AsyncIterable<LoadedEvent<E>>;
    const events = await toArray(this.#forwards(id, undefined, signal));
    for (const event of events.reverse()) {
      if (event.version > (fromVersion ?? Infinity)) continue;
      if (left-- <= 0) return;
      yield event;
    }
  }

  async getStreamInfo(id: StreamId | string): Promise<Api.StreamInfo | undefined> {
    const stream = streamIdToString(id);
    const info = await this.#inner.getStreamInfo(id);
    if (info?.deleted) return info;
    const pending = (await toArray(this.#forwards(id, (info?.version ?? 0) + 1))).filter((event) => event.pending);
    const last = pending.at(-1);
    if (!last) return info;
    return { streamId: splitStreamName(stream), deleted: false, createdAt: info?.createdAt ?? pending[0]!.timestamp, version: last.version, updatedAt: last.timestamp };
  }

  async *listStreams(options: Api.ListStreamsOptions = {}): AsyncGenerator<Api.StreamListing, void, undefined> {
    const names = [...this.#counts(await this.#replica.outbox.look()).keys()].sort();
    const waiting = names.filter((name) => options.category === undefined || splitStreamName(name).category === options.category);
    const { includeDeleted = false } = options;
    let next = 0;
    for await (const listing of this.#inner.listStreams(options)) {
      const name = streamIdToString(listing.streamId);
      while (next < waiting.length && waiting[next]! < name) yield* await this.#listed(waiting[next++]!, includeDeleted);
      if (waiting[next] !== name) yield listing;
      else yield* await this.#listed(waiting[next++]!, includeDeleted);
    }
    while (next < waiting.length) yield* await this.#listed(waiting[next++]!, includeDeleted);
  }

  /** A stream that is pending, with what is confirmed of it, of one moment. */
  async #listed(name: string, includeDeleted: boolean): Promise<Api.StreamListing[]> {
    for (;;) {
      const view = await this.#replica.outbox.look();
      const confirmed = (await this.#replica.versions([name])).get(name)!;
      if ((await this.#replica.outbox.look()).text !== view.text) continue;
      const deleted = !Number.isInteger(confirmed);
      const version = deleted ? Math.floor(confirmed) : confirmed + (this.#counts(view).get(name) ?? 0);
      return version === 0 || (deleted && !includeDeleted) ? [] : [{ streamId: splitStreamName(name), version, deleted }];
    }
  }

  /** How many events of each stream are pending. */
  #counts(view: OutboxView): ReadonlyMap<string, number> {
    return (this.#index = this.#index?.next(view) ?? new PendingIndex(view)).counts;
  }

  /** Confirmed and then pending, of one moment where they meet. */
  async *#forwards(id: StreamId | string, fromVersion = 1, signal?: AbortSignal): AsyncGenerator<LoadedEvent<E>, void, undefined> {
    const stream = streamIdToString(id);
    let version = fromVersion - 1;
    let confirmed = 0;
    for (;;) {
      const before = await this.#replica.outbox.look();
      for await (const event of this.#inner.readStream(id, { fromVersion: version + 1, ...(signal && { signal }) })) {
        version = confirmed = event.version;
        yield event as LoadedEvent<E>;
      }
      const concerned = before.commits.some(({ writes }) => writes.some((write) => write.stream === stream));
      // Where it ends, when nothing was read at all: pending versions count from there.
      if (concerned && version < fromVersion) confirmed = Math.floor((await this.#replica.versions([stream])).get(stream)!);
      const after = await this.#replica.outbox.look();
      if (before.text !== after.text) continue;
      const pending = pendingEvents(after.commits, stream, confirmed).filter((event) => event.version >= fromVersion);
      if (pending.length > 0) yield* asPending<E>(await this.#decoder.decode(pending));
      return;
    }
  }
}

/** All of them. */
export async function toArray<T>(values: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const value of values) array.push(value);
  return array;
}
