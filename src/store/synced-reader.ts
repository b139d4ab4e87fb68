import type { EventDecoder } from '../event/event-batch.ts';
import type { Event } from '../event/event.ts';
import { splitStreamName, streamIdToString, type StreamId } from '../event/stream-id.ts';
import { checkWholeNumber } from '../event/version.ts';
import { asPending, pendingEvents, type LoadedEvent } from '../sync/pending-events.ts';
import type { Replica } from '../sync/replica.ts';
import type * as Api from './event-store.ts';
import type { LogEventStore } from './log-event-store.ts';
import type { ReadStreamOptions } from './read-options.ts';

/** Reads streams as they are with what is pending. */
export class SyncedReader<E extends Event> {
  readonly #inner: LogEventStore<E>;
  readonly #replica: Replica;
  readonly #decoder: EventDecoder;

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
    const { commits } = await this.#replica.outbox.look();
    const names = [...new Set(commits.flatMap(({ writes }) => writes.map(({ stream }) => stream)))].sort();
    let waiting = names.filter((name) => options.category === undefined || splitStreamName(name).category === options.category);
    const listed = async (name: string): Promise<Api.StreamListing[]> => {
      const info = await this.getStreamInfo(name);
      return info ? [{ streamId: info.streamId, version: info.version, deleted: info.deleted }] : [];
    };
    for await (const listing of this.#inner.listStreams(options)) {
      const name = streamIdToString(listing.streamId);
      for (const before of waiting.filter((other) => other < name)) yield* await listed(before);
      if (waiting.includes(name) && !listing.deleted) yield* await listed(name);
      else yield listing;
      waiting = waiting.filter((other) => other > name);
    }
    for (const rest of waiting) yield* await listed(rest);
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
