import { defer, switchMap, type Observable, type Subject } from 'rxjs';
import { encodeEvents, type EncodableAppend, type EventCodec } from '../event/encode.ts';
import { EpochChangedError, InvalidImportError, StoreClosedError, type ErmineError } from '../event/errors.ts';
import type { Event, EventData, Metadata, StoredEvent, StreamDeletedEvent } from '../event/event.ts';
import { decodeBatch, plainDecoder } from '../event/event-batch.ts';
import { hash53 } from '../event/event-id.ts';
import { checkJson } from '../event/json.ts';
import type { Limits } from '../event/limits.ts';
import { checkCategory, splitStreamName, streamIdToString, type StreamId } from '../event/stream-id.ts';
import { createTombstone } from '../event/tombstone.ts';
import { checkExpectedVersion, checkWholeNumber } from '../event/version.ts';
import { AppendQueue } from '../storage/append-queue.ts';
import type { Log } from '../storage/storage.ts';
import { createBatchFilter } from '../subscription/filter.ts';
import { LogFollower } from '../subscription/log-follower.ts';
import { storeParts, type StoreParts } from '../subscription/store-parts.ts';
import { logSource, streamSource, type Source } from '../subscription/sources.ts';
import { subscription, type SubscribeOptions } from '../subscription/subscribe.ts';
import { encodeAppend } from './encode-append.ts';
import type * as Api from './event-store.ts';
import type { ExportOptions } from './export-events.ts';
import type { Health } from './health.ts';
import type { ImportOptions, ImportResult } from './import-events.ts';
import type { Later } from './later.ts';
import { logPages, streamPages, type ReadableLog } from './read-events.ts';
import type { AbortOptions, ReadAllOptions, ReadStreamOptions } from './read-options.ts';
import type { SnapshotStore } from '../aggregate/snapshot-store.ts';

export interface StoreSettings {
  readonly metadata: (() => Metadata) | undefined;
  readonly clock: () => number;
  readonly limits: Limits;
  readonly codec: EventCodec | undefined;
  readonly pollIntervalMs: number;
  /** Whether positions may have gaps, as in a replica of a part of another log. */
  readonly sparse?: boolean;
}

/** The {@link Api.EventStore} over any log. */
export class LogEventStore<E extends Event> implements Api.EventStore<E> {
  readonly snapshots: SnapshotStore;
  readonly health$: Observable<Health>;
  readonly #log: Log;
  readonly #reading: ReadableLog;
  readonly #settings: StoreSettings;
  readonly #queue: AppendQueue;
  readonly #follower: LogFollower;
  readonly #connection$: Subject<ErmineError | undefined>;
  #closing: Promise<void> | undefined;
  readonly [storeParts]: StoreParts;

  constructor(log: Log, storageName: string, connection$: Subject<ErmineError | undefined>, settings: StoreSettings) {
    this.#connection$ = connection$;
    this.#log = log;
    this.#settings = settings;
    const decoder = settings.codec ?? plainDecoder;
    this.#reading = { log, decoder };
    this.#follower = new LogFollower(log, decoder, storageName, settings.pollIntervalMs, settings.sparse);
    // What this tab remembers may be of a log that is no more; subscriptions find out when they read.
    connection$.subscribe(() => this.#follower.forget());
    this.#queue = new AppendQueue(log, (batches) => this.#follower.committed(batches));
    this[storeParts] = { log, storageName, follower: this.#follower, append: (append) => this.#queue.append(append) };
    this.snapshots = {
      save: async (snapshot) => {
        // Copied during the call, like an event.
        checkJson(snapshot.data, 'snapshot.data', settings.limits.maxJsonDepth);
        const [copy, data] = [{ ...snapshot }, JSON.stringify(snapshot.data)];
        await (await this.#later()).saveSnapshot(copy, data);
      },
      load: async (...key) => (await this.#later()).loadSnapshot(...key),
      delete: async (...key) => (await this.#later()).deleteSnapshot(...key),
    };
    this.health$ = defer(() => import('./health.ts')).pipe(switchMap(({ createHealth }) => createHealth(log, storageName, connection$)));
  }

  async appendToStream(id: StreamId | string, expectedVersion: number, events: readonly EventData<E>[]): Promise<Api.AppendResult> {
    const [result] = await this.appendToStreams([{ streamId: id, expectedVersion, events }]);
    return result!;
  }

  async appendToStreams(writes: readonly Api.StreamAppend<E>[]): Promise<Api.AppendResult[]> {
    const { limits, clock, metadata, codec } = this.#settings;
    const context = { limits, now: clock(), metadata: metadata?.() };
    const appends = writes as readonly EncodableAppend[];
    const encoded = codec?.encode(appends, context) ?? appends;
    // Nothing is awaited that is there: the append has its place in the queue, and its data, when the call returns.
    const append = encodeAppend(encoded instanceof Promise ? await encoded : encoded, context);
    const { results, deduplicated } = await this[storeParts].append(append);
    return results.map((result) => ({ ...result, deduplicated }));
  }

  async loadStream(id: StreamId | string, options?: AbortOptions): Promise<StoredEvent<E>[]> {
    return this.#load(id, { ...options });
  }

  async loadStreamFrom(id: StreamId | string, fromVersion: number, options?: AbortOptions): Promise<StoredEvent<E>[]> {
    return this.#load(id, { ...options, fromVersion });
  }

  async loadStreamRange(id: StreamId | string, fromVersion: number, count: number, options?: AbortOptions): Promise<StoredEvent<E>[]> {
    return this.#load(id, { ...options, fromVersion, count });
  }

  readStream(id: StreamId | string, options: ReadStreamOptions = {}): AsyncIterable<StoredEvent<E>> {
    return eventsOf(streamPages<E>(this.#reading, id, options), options);
  }

  readAll(options: ReadAllOptions = {}): AsyncIterable<StoredEvent<E | StreamDeletedEvent>> {
    return eventsOf(logPages<E | StreamDeletedEvent>(this.#reading, options), options);
  }

  subscribeToStream(id: StreamId | string, fromVersion = 0, options: SubscribeOptions<E> = {}): Observable<never> {
    return this.#subscribe(options, () => {
      checkWholeNumber(fromVersion, 'fromVersion', 0);
      return streamSource<E>(this.#follower, streamIdToString(id), fromVersion);
    });
  }

  subscribeToAll(from: number | Api.Checkpoint = 0, options: SubscribeOptions<E | StreamDeletedEvent> & Api.FilterOptions = {}): Observable<never> {
    return this.#subscribe(options, () => logSource<E | StreamDeletedEvent>(this.#follower, this.#positionOf(from), createBatchFilter(options.filter)));
  }

  subscribeToCategory(category: string, from: number | Api.Checkpoint = 0, options: SubscribeOptions<E | StreamDeletedEvent> = {}): Observable<never> {
    return this.subscribeToAll(from, { ...options, filter: { categories: [category] } });
  }

  async getStreamInfo(id: StreamId | string): Promise<Api.StreamInfo | undefined> {
    return (await this.#later()).getStreamInfo(id);
  }

  async *listStreams(options?: Api.ListStreamsOptions): AsyncGenerator<Api.StreamListing, void, undefined> {
    yield* (await this.#later()).listStreams(options);
  }

  async head(): Promise<Api.Checkpoint> {
    return { epoch: this.#log.epoch, position: await this.#log.head() };
  }

  async deleteStream(id: StreamId | string, expectedVersion: number): Promise<Api.AppendResult> {
    return (await this.#later()).deleteStream(id, expectedVersion);
  }

  async truncateStream(id: StreamId | string, beforeVersion: number): Promise<number> {
    return (await this.#later()).truncateStream(id, beforeVersion);
  }

  exportEvents(options?: ExportOptions): ReadableStream<Uint8Array> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    void this.#later()
      .then((later) => later.exportEvents(options).pipeTo(writable))
      .catch((error: unknown) => writable.abort(error).catch(() => undefined));
    return readable;
  }

  async importEvents(source: ReadableStream<Uint8Array> | Blob, options?: ImportOptions): Promise<ImportResult> {
    return (await this.#later()).importEvents(source, options);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  /** Few pages need it, or not at their start. */
  async #later(): Promise<Later> {
    return (await import('./later.ts')).createLater({
      log: this.#log,
      InvalidImportError,
      checkCategory,
      checkExpectedVersion,
      checkWholeNumber,
      createTombstone,
      decodeBatch,
      encodeEvents,
      hash53,
      logPages,
      splitStreamName,
      streamIdToString,
      limits: this.#settings.limits,
      now: this.#settings.clock,
      append: (append) => this[storeParts].append(append),
      committed: (batches) => this.#closing ?? this.#follower.committed(batches),
      forget: () => this.#follower.forget(),
    });
  }

  async #close(): Promise<void> {
    await this.#queue.close();
    this.#follower.close();
    await this.#log.close();
    this.#connection$.next(new StoreClosedError());
    this.#connection$.complete();
  }

  async #load(id: StreamId | string, options: ReadStreamOptions): Promise<StoredEvent<E>[]> {
    const pages: StoredEvent<E>[][] = [];
    for await (const page of streamPages<E>(this.#reading, id, options)) pages.push(page);
    return pages.length === 1 ? pages[0]! : pages.flat();
  }

  #subscribe(options: SubscribeOptions<E>, createSource: () => Source<E>): Observable<never> {
    const events$ = defer(() => {
      if (this.#closing) throw new StoreClosedError();
      return subscription(this.#follower, createSource, options);
    });
    // The overloads of the interface say what comes out.
    return events$ as Observable<never>;
  }

  #positionOf(from: number | Api.Checkpoint): number {
    const { epoch, position } = typeof from === 'number' ? { epoch: this.#log.epoch, position: from } : (Object(from) as Api.Checkpoint);
    checkWholeNumber(typeof epoch === 'string' ? position : NaN, 'fromPosition', 0);
    if (epoch !== this.#log.epoch) throw new EpochChangedError(epoch, this.#log.epoch);
    return position;
  }
}

async function* eventsOf<E>(pages: AsyncIterable<readonly E[]>, { signal }: AbortOptions): AsyncGenerator<E, void, undefined> {
  for await (const page of pages) {
    for (const event of page) {
      signal?.throwIfAborted();
      yield event;
    }
  }
}
