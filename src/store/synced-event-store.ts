import { Subject, defer, distinctUntilChanged, merge, of, shareReplay, switchMap, type Observable } from 'rxjs';
import { encodeEvents, type EncodableAppend, type EncodeContext } from '../event/encode.ts';
import type { EventDecoder } from '../event/event-batch.ts';
import { InvalidImportError, StoreClosedError, SyncRefusedError } from '../event/errors.ts';
import { hash53 } from '../event/event-id.ts';
import type { Event, EventData, StoredEvent, StreamDeletedEvent } from '../event/event.ts';
import { checkJson } from '../event/json.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import { storeParts, type PendingView, type StoreParts } from '../subscription/store-parts.ts';
import type { PendingAppends } from '../sync/pending-appends.ts';
import { pendingEventsOn, type LoadedEvent } from '../sync/pending-events.ts';
import type { Replica } from '../sync/replica.ts';
import type { ResolveSettings } from '../sync/resolve-conflicts.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { HintChannel } from '../tabs/hint-channel.ts';
import { onPageAwake } from '../tabs/page-events.ts';
import { encodeAppend } from './encode-append.ts';
import type * as Api from './event-store.ts';
import type { ImportOptions, ImportResult } from './import-events.ts';
import { loadLatest } from './load-latest.ts';
import type { LogEventStore, StoreSettings } from './log-event-store.ts';
import type { AbortOptions, ReadStreamOptions } from './read-options.ts';
import { createSyncControl } from './sync-control.ts';
import { SyncedReader, toArray } from './synced-reader.ts';
import type { AppendOptions, SyncControl, SyncedStore } from './synced-store.ts';

export interface SyncedSettings extends StoreSettings {
  readonly channel: HintChannel;
  readonly decoder: EventDecoder;
  readonly encode: ResolveSettings['encode'];
}

/** The {@link SyncedStore}: the confirmed log as any store shows it, with the outbox on top. */
export class SyncedEventStore<E extends Event> implements SyncedStore<E> {
  readonly sync: SyncControl<E>;
  readonly subscribeToStream: SyncedStore<E>['subscribeToStream'];
  readonly subscribeToAll: SyncedStore<E>['subscribeToAll'];
  readonly subscribeToCategory: SyncedStore<E>['subscribeToCategory'];
  /** Those of the confirmed log, which projections are made of, and what is pending. */
  readonly [storeParts]: StoreParts;
  readonly #inner: LogEventStore<E>;
  readonly #reader: SyncedReader<E>;
  readonly #appends: PendingAppends;
  readonly #engine: SyncEngine;
  readonly #settings: SyncedSettings;
  readonly #changed$ = new Subject<void>();
  readonly #closing = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  constructor(inner: LogEventStore<E>, replica: Replica, appends: PendingAppends, engine: SyncEngine, settings: SyncedSettings) {
    this.#inner = inner;
    this.#reader = new SyncedReader(inner, replica, settings.decoder);
    this.#appends = appends;
    this.#engine = engine;
    this.#settings = settings;
    this.subscribeToStream = inner.subscribeToStream.bind(inner);
    this.subscribeToAll = inner.subscribeToAll.bind(inner);
    this.subscribeToCategory = inner.subscribeToCategory.bind(inner);
    const look = async (): Promise<PendingView> => {
      const { head, commits } = await replica.outbox.look();
      return {
        edits: head.edits,
        streams: () => [...new Set(commits.flatMap(({ writes }) => writes.map(({ stream }) => stream)))],
        eventsOn: (versions) => pendingEventsOn(commits, versions),
      };
    };
    this[storeParts] = Object.assign(inner[storeParts], { pending: { changes$: this.#changed$, look } });
    const outbox$ = merge(of(undefined), this.#changed$).pipe(
      loadLatest(() => replica.outbox.look()),
      distinctUntilChanged((a, b) => a.text === b.text),
      shareReplay({ bufferSize: 1, refCount: true }),
    );
    this.sync = createSyncControl<E>(replica, engine, outbox$, settings, (step) => this.#run(step));
    const { signal } = this.#closing;
    onPageAwake(() => engine.wake(true), signal);
    globalThis.addEventListener?.('online', () => engine.wake(true), { signal });
  }

  get snapshots(): SyncedStore<E>['snapshots'] {
    return this.#inner.snapshots;
  }

  get health$(): SyncedStore<E>['health$'] {
    return this.#inner.health$;
  }

  /** This tab or another one has changed the outbox. */
  outboxChanged(): void {
    this.#changed$.next();
  }

  async appendToStream(id: StreamId | string, expectedVersion: number, events: readonly EventData<E>[], options?: AppendOptions): Promise<Api.AppendResult> {
    const [result] = await this.appendToStreams([{ streamId: id, expectedVersion, events }], options);
    return result!;
  }

  async appendToStreams(writes: readonly Api.StreamAppend<E>[], { command }: AppendOptions = {}): Promise<Api.AppendResult[]> {
    if (this.#closed) throw new StoreClosedError();
    const context = this.#encodeContext();
    const { codec } = this.#settings;
    const appends = writes as readonly EncodableAppend[];
    if (command !== undefined) checkJson(command, 'command', this.#settings.limits.maxJsonDepth);
    const kept: unknown = command === undefined ? undefined : JSON.parse(JSON.stringify(command));
    const encoded = codec?.encode(appends, context) ?? appends;
    const append = encodeAppend(encoded instanceof Promise ? await encoded : encoded, context);
    const { versions, deduplicated } = await this.#appends.append(append, kept);
    this.#engine.wake();
    return versions.map((version) => ({ version, globalPosition: Infinity, deduplicated }));
  }

  loadStream(id: StreamId | string, options?: AbortOptions): Promise<LoadedEvent<E>[]> {
    return toArray(this.readStream(id, { ...options }));
  }

  loadStreamFrom(id: StreamId | string, fromVersion: number, options?: AbortOptions): Promise<LoadedEvent<E>[]> {
    return toArray(this.readStream(id, { ...options, fromVersion }));
  }

  loadStreamRange(id: StreamId | string, fromVersion: number, count: number, options?: AbortOptions): Promise<LoadedEvent<E>[]> {
    return toArray(this.readStream(id, { ...options, fromVersion, count }));
  }

  readStream(id: StreamId | string, options: ReadStreamOptions = {}): AsyncIterable<LoadedEvent<E>> {
    return this.#reader.readStream(id, options);
  }

  readAll(options?: Parameters<SyncedStore<E>['readAll']>[0]): AsyncIterable<StoredEvent<E | StreamDeletedEvent>> {
    return this.#inner.readAll(options);
  }

  watchStream(id: StreamId | string): Observable<readonly LoadedEvent<E>[]> {
    const stream = streamIdToString(id);
    return defer(() => this.#inner.head()).pipe(
      switchMap((head) => merge(of(undefined), this.#changed$, this.#inner.subscribeToAll(head, { filter: { streams: [stream] } }))),
      loadLatest(() => this.loadStream(stream)),
      distinctUntilChanged<readonly LoadedEvent<E>[]>(sameEvents),
    );
  }

  getStreamInfo(id: StreamId | string): Promise<Api.StreamInfo | undefined> {
    return this.#reader.getStreamInfo(id);
  }

  listStreams(options: Api.ListStreamsOptions = {}): AsyncIterable<Api.StreamListing> {
    return this.#reader.listStreams(options);
  }

  head(): Promise<Api.Checkpoint> {
    return this.#inner.head();
  }

  async deleteStream(): Promise<never> {
    throw new SyncRefusedError('ONLY_ON_SERVER', 'A stream is deleted on the server, for all replicas.');
  }

  async truncateStream(): Promise<never> {
    throw new SyncRefusedError('ONLY_ON_SERVER', 'A stream is truncated on the server.');
  }

  exportEvents(options?: Parameters<SyncedStore<E>['exportEvents']>[0]): ReadableStream<Uint8Array> {
    return this.#inner.exportEvents(options);
  }

  async importEvents(source: ReadableStream<Uint8Array> | Blob, options?: ImportOptions): Promise<ImportResult> {
    const { importEvents } = await import('./import-events.ts');
    const result = await importEvents(
      {
        encodeEvents,
        streamIdToString,
        hash53,
        InvalidImportError,
        context: { ...this.#encodeContext(), metadata: undefined },
        append: (append) => this.#appends.append(append),
        deleteStream: () => this.deleteStream(),
      },
      source instanceof Blob ? source.stream() : source,
      options,
    );
    this.#engine.wake();
    return result;
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#appends.close();
    await this.#engine.close();
    await Promise.allSettled(this.#underWay);
    this.#settings.channel.close();
    this.#changed$.complete();
    await this.#inner.close();
  }

  /** A step that is ended before the store is closed, and not begun after. */
  async #run(step: () => Promise<void>): Promise<void> {
    if (this.#closed) throw new StoreClosedError();
    const running = step();
    this.#underWay.add(running);
    try {
      await running;
    } finally {
      this.#underWay.delete(running);
    }
  }

  #encodeContext(): EncodeContext {
    const { limits, clock, metadata } = this.#settings;
    return { limits, now: clock(), metadata: metadata?.() };
  }
}

type Shown = Pick<LoadedEvent, 'id' | 'version' | 'pending'>;

function sameEvents(a: readonly Shown[], b: readonly Shown[]): boolean {
  return a.length === b.length && a.every(({ id, version, pending }, i) => id === b[i]!.id && version === b[i]!.version && pending === b[i]!.pending);
}
