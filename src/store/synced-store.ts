import type { Observable } from 'rxjs';
import type { Event, EventData } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import type { RejectionReason } from '../sync/pending-commit.ts';
import type { LoadedEvent } from '../sync/pending-events.ts';
import type { SyncStatus } from '../sync/sync-status.ts';
import type { AppendResult, EventStore, StreamAppend } from './event-store.ts';
import type { AbortOptions, ReadStreamOptions } from './read-options.ts';

/**
 * An event store that works without a server and syncs with one. Appends are durable when they resolve, and **pending** until
 * the server has them: loading a stream shows them, marked `pending`, with provisional versions and `Infinity` as their
 * global position. Subscriptions, `readAll`, exports and `head` are of what the server has confirmed, at its positions.
 *
 * Only the server deletes and truncates: both are refused here with `SyncRefusedError`.
 */
export interface SyncedStore<E extends Event = Event> extends EventStore<E> {
  /**
   * As in {@link EventStore}, checked against what is confirmed and pending here. The server checks again.
   *
   * @throws {SyncRefusedError} for a version of a stream that is not replicated here; `AnyVersion` is accepted
   */
  appendToStream(id: StreamId | string, expectedVersion: number, events: readonly EventData<E>[], options?: AppendOptions): Promise<AppendResult>;
  appendToStreams(writes: readonly StreamAppend<E>[], options?: AppendOptions): Promise<AppendResult[]>;
  /** As in {@link EventStore}, what is confirmed and then what is pending. */
  loadStream(id: StreamId | string, options?: AbortOptions): Promise<LoadedEvent<E>[]>;
  loadStreamFrom(id: StreamId | string, fromVersion: number, options?: AbortOptions): Promise<LoadedEvent<E>[]>;
  loadStreamRange(id: StreamId | string, fromVersion: number, count: number, options?: AbortOptions): Promise<LoadedEvent<E>[]>;
  readStream(id: StreamId | string, options?: ReadStreamOptions): AsyncIterable<LoadedEvent<E>>;
  /** The stream as it is, confirmed and pending, now and whenever either changes. */
  watchStream(id: StreamId | string): Observable<readonly LoadedEvent<E>[]>;
  readonly sync: SyncControl<E>;
}

/** What an append to a synced store takes besides its events. */
export interface AppendOptions {
  /** What the events were decided from, plain JSON; a conflict policy `redecide` gets it. */
  readonly command?: unknown;
}

/** What sync does, and what waits for somebody to decide. */
export interface SyncControl<E extends Event = Event> {
  readonly status$: Observable<SyncStatus>;
  /** Commits that wait for the server, in order. */
  readonly pending$: Observable<readonly PendingEntry<E>[]>;
  /** The dead letters: commits that the server will not get unless somebody decides so. They stay until then. */
  readonly rejected$: Observable<readonly RejectedEntry<E>[]>;
  /** Syncs at once and tries stuck commits again. Resolves when that was tried; `status$` tells how it went. */
  now(): Promise<void>;
  /** This tab sends nothing and asks nothing until `resume()`, and ends what is under way; appending goes on, and other tabs sync. */
  pause(): void;
  /** Goes on after `pause()`, at once. */
  resume(): void;
  /** Appends a rejected commit once more, as it is, to its streams as they are now. @throws {SyncRefusedError} */
  retry(commitId: string): Promise<void>;
  /**
   * Appends other events in place of a rejected commit of one stream, to the stream as it is now. They are encoded during
   * the call, like those of an append, when this tab has seen the commit, as in `rejected$`.
   *
   * @throws {SyncRefusedError} {InvalidEventError}
   */
  edit(commitId: string, events: readonly EventData<E>[]): Promise<void>;
  /** Forgets a rejected commit for good. */
  discard(commitId: string): Promise<void>;
}

/** A commit that waits for the server. */
export interface PendingEntry<E extends Event = Event> {
  readonly commitId: string;
  readonly events: readonly LoadedEvent<E>[];
  readonly command?: unknown;
  /** Why it is not being pushed: a policy threw. `sync.now()` tries it again. */
  readonly stuck?: string;
}

/** A commit that the server will not get unless somebody decides so. */
export interface RejectedEntry<E extends Event = Event> {
  readonly commitId: string;
  /** Versions are those that the commit was to have. */
  readonly events: readonly LoadedEvent<E>[];
  readonly command?: unknown;
  /** What the server said, or a policy on this device. */
  readonly reason: RejectionReason;
}
