import type { Observable } from 'rxjs';
import type { Event, EventData, StoredEvent, StreamDeletedEvent } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import type { EventFilter } from '../subscription/filter.ts';
import type { CaughtUp, SubscribeOptions } from '../subscription/subscribe.ts';
import type { ExportOptions } from './export-events.ts';
import type { Health } from './health.ts';
import type { ImportOptions, ImportResult } from './import-events.ts';
import type { AbortOptions, ReadAllOptions, ReadStreamOptions } from './read-options.ts';
import type { SnapshotStore } from '../aggregate/snapshot-store.ts';

/**
 * An open log of events. `E` is the union of the events that the application writes; what is read has the same type.
 *
 * Every method that reads or writes rejects with `StoreClosedError` after `close()`, `StorageBlockedError` when another
 * tab holds the database for too long, `StorageUnavailableError` when it cannot be used, `EpochChangedError` when its data
 * was cleared or replaced, and `VersionTooNewError` when a newer version of the application upgraded it.
 */
export interface EventStore<E extends Event = Event> {
  /**
   * Appends events to one stream, all or none, if the stream is at the expected version. When it resolves they are
   * durable, in the order of the log, and no other tab can have written between the check and the write. Their data is
   * copied during the call.
   *
   * A repeated append with the same event ids writes nothing and gives the first one's result with `deduplicated: true`,
   * whatever the expected version.
   *
   * @param expectedVersion a version from 1, or NoStream, AnyVersion, StreamExists
   * @throws {ConcurrencyError} when the stream is at another version
   * @throws {StreamDeletedError} when it was deleted
   * @throws {NoEventsError} {InvalidEventError} {EventTooLargeError} {InvalidVersionError} {InvalidStreamIdError} before anything is written
   * @throws {CorruptedIdempotencyError} when only some of the event ids are known
   * @throws {StorageFullError} when there is no space; nothing was written
   */
  appendToStream(id: StreamId | string, expectedVersion: number, events: readonly EventData<E>[]): Promise<AppendResult>;

  /**
   * Appends to several streams in one transaction: all or none. A write without events only checks its stream.
   *
   * @returns a result for each write, in their order
   * @throws {InvalidStreamIdError} when a stream is named twice; otherwise as {@link appendToStream}
   */
  appendToStreams(writes: readonly StreamAppend<E>[]): Promise<AppendResult[]>;

  /** All events of a stream in order; none for a stream that does not exist. @throws {StreamDeletedError} */
  loadStream(id: StreamId | string, options?: AbortOptions): Promise<StoredEvent<E>[]>;
  /** The events from `fromVersion` (inclusive) on. @throws {StreamDeletedError} {InvalidVersionError} */
  loadStreamFrom(id: StreamId | string, fromVersion: number, options?: AbortOptions): Promise<StoredEvent<E>[]>;
  /** At most `count` events from `fromVersion` (inclusive) on. @throws {StreamDeletedError} {InvalidVersionError} */
  loadStreamRange(id: StreamId | string, fromVersion: number, count: number, options?: AbortOptions): Promise<StoredEvent<E>[]>;

  /** The events of a stream, read in bounded pages while they are consumed. @throws {StreamDeletedError} {InvalidVersionError} */
  readStream(id: StreamId | string, options?: ReadStreamOptions): AsyncIterable<StoredEvent<E>>;
  /** The events of the log in commit order, read in bounded pages while they are consumed. A deleted stream shows as an event, see `isStreamDeleted`. */
  readAll(options?: ReadAllOptions): AsyncIterable<StoredEvent<E | StreamDeletedEvent>>;

  /**
   * The events of a stream after a version (0: all), and then those that any tab appends, for ever: in order, once,
   * without a gap. Nothing is read before somebody subscribes; each subscriber starts at `fromVersion`.
   *
   * The Observable errors with {@link StreamDeletedError} when the stream is deleted, {@link EpochChangedError} when the
   * data was cleared, and completes when the store closes.
   */
  subscribeToStream(id: StreamId | string, fromVersion?: number, options?: PlainOptions<E>): Observable<StoredEvent<E>>;
  subscribeToStream(id: StreamId | string, fromVersion: number, options: CaughtUpOptions<E>): Observable<StoredEvent<E> | CaughtUp>;

  /**
   * The events of the log after a position (0: all), a checkpoint's position as it is, and then those that any tab
   * appends. Deleting a stream shows as an event, see `isStreamDeleted`. It errors and completes as {@link subscribeToStream}.
   */
  subscribeToAll(from?: number | Checkpoint, options?: PlainOptions<E | StreamDeletedEvent> & FilterOptions): Observable<StoredEvent<E | StreamDeletedEvent>>;
  subscribeToAll(from: number | Checkpoint, options: CaughtUpOptions<E | StreamDeletedEvent> & FilterOptions): Observable<StoredEvent<E | StreamDeletedEvent> | CaughtUp>;

  /** As {@link subscribeToAll}, for the streams of one category. */
  subscribeToCategory(category: string, from?: number | Checkpoint, options?: PlainOptions<E | StreamDeletedEvent>): Observable<StoredEvent<E | StreamDeletedEvent>>;
  subscribeToCategory(category: string, from: number | Checkpoint, options: CaughtUpOptions<E | StreamDeletedEvent>): Observable<StoredEvent<E | StreamDeletedEvent> | CaughtUp>;

  /** What is known of a stream; undefined when there never was one. */
  getStreamInfo(id: StreamId | string): Promise<StreamInfo | undefined>;
  /** The streams of a category, or all, in the order of their names; deleted ones only when asked. @throws {InvalidStreamIdError} for a category that cannot be one */
  listStreams(options?: ListStreamsOptions): AsyncIterable<StreamListing>;
  /** The log's identity and the position of its last event: together a checkpoint. */
  head(): Promise<Checkpoint>;

  /**
   * Deletes a stream: its payloads are gone, its name is never used again, and an event `$streamDeleted` in its place
   * tells subscriptions and read models.
   *
   * @throws {ConcurrencyError} when the stream is not at the expected version
   * @throws {StreamDeletedError} when it was deleted before
   */
  deleteStream(id: StreamId | string, expectedVersion: number): Promise<AppendResult>;
  /**
   * Erases the payloads of a stream's events before a version, for good. The version of the stream stays, later events
   * too. Doing it twice is harmless. Their ids are erased with them: an append or an import that repeats them is not known
   * again.
   *
   * @returns how many events were erased; none of a stream that does not exist or was deleted
   * @throws {InvalidVersionError} when `beforeVersion` is not a whole number of at least 1
   */
  truncateStream(id: StreamId | string, beforeVersion: number): Promise<number>;

  /** The events of the log as NDJSON in UTF-8, one event a line, in order; see `importEvents`. */
  exportEvents(options?: ExportOptions): ReadableStream<Uint8Array>;
  /**
   * Appends the events of an NDJSON stream, in order; repeating it, or going on after an interruption, adds nothing twice.
   *
   * @throws {InvalidImportError} for a line that cannot be read or stored; the events before its batch stay
   */
  importEvents(source: ReadableStream<Uint8Array> | Blob, options?: ImportOptions): Promise<ImportResult>;

  readonly snapshots: SnapshotStore;
  /** The state of the storage, now and whenever it changes. */
  readonly health$: Observable<Health>;

  /** Finishes the appends that were accepted, completes the subscriptions, and releases everything. */
  close(): Promise<void>;
}

/** Where a reader stands in one log; hand it back as it is. */
export interface Checkpoint {
  readonly epoch: string;
  readonly position: number;
}

/** What became of one write of an append. */
export interface AppendResult {
  /** The stream's version after the append. */
  readonly version: number;
  /** The position of the last event of this write; for one that only checks, of the last event in the log by then. */
  readonly globalPosition: number;
  /** Whether these event ids were stored before, so that nothing was written now. */
  readonly deduplicated: boolean;
}

/** One of the writes of `appendToStreams`; without events it only checks its stream. */
export interface StreamAppend<E extends Event = Event> {
  readonly streamId: StreamId | string;
  readonly expectedVersion: number;
  readonly events: readonly EventData<E>[];
}

type PlainOptions<E extends Event> = Omit<SubscribeOptions<E>, 'caughtUp'> & { readonly caughtUp?: false };
type CaughtUpOptions<E extends Event> = SubscribeOptions<E> & { readonly caughtUp: true };

/** Which events of the log a subscription delivers. */
export interface FilterOptions {
  /** Default all events. */
  readonly filter?: EventFilter;
}

/** Which streams are listed; by default all that are not deleted. */
export interface ListStreamsOptions extends AbortOptions {
  readonly category?: string;
  /** Also those that were deleted. */
  readonly includeDeleted?: boolean;
}

/** One stream of a list; its version is that of its last event. */
export interface StreamListing {
  readonly streamId: StreamId;
  readonly version: number;
  readonly deleted: boolean;
}

/** What is known of one stream. */
export interface StreamInfo extends StreamListing {
  /** Timestamps of the first event that is still there and of the last one, in milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
