import type { Event, EventData, StoredEvent } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import type { SnapshotStore } from './snapshot-store.ts';

/** What aggregates need of a store; every `EventStore` has it. */
export interface StreamStore<E extends Event = Event> {
  loadStreamFrom(id: StreamId | string, fromVersion: number, options?: { readonly signal?: AbortSignal }): Promise<StoredEvent<E>[]>;
  readStream(id: StreamId | string, options?: { readonly fromVersion?: number; readonly signal?: AbortSignal }): AsyncIterable<StoredEvent<E>>;
  appendToStream(
    id: StreamId | string,
    expectedVersion: number,
    events: readonly EventData<E>[],
    /** A synced store keeps the command, with which it may be decided anew. */
    options?: { readonly command?: unknown },
  ): Promise<{ readonly version: number; readonly globalPosition: number; readonly deduplicated: boolean }>;
  getStreamInfo(id: StreamId | string): Promise<{ readonly version: number } | undefined>;
  readonly snapshots: SnapshotStore;
}

/** A store that holds other kinds of events as well. It is taken on trust that a stream has those of its aggregate only. */
export interface WiderStore<E extends Event> extends Omit<StreamStore, 'appendToStream'> {
  /** A property, not a method, so that a store that takes fewer kinds of events does not fit. */
  readonly appendToStream: (id: StreamId | string, expectedVersion: number, events: readonly EventData<E>[], options?: Parameters<StreamStore['appendToStream']>[3]) => ReturnType<StreamStore['appendToStream']>;
}
