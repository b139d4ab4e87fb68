import type { StreamId } from './stream-id.ts';

/** A kind of event: its type and the shape of its data. Unite several and they narrow by `type`. */
export interface Event<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** Where an event comes from; everything is optional. Merged over what the store's `metadata` provider gives. */
export interface Metadata {
  /** Groups the events of one business transaction, across streams. */
  readonly correlationId?: string;
  /** The id of the event or command that caused this event. */
  readonly causationId?: string;
  readonly userId?: string;
  readonly tenantId?: string;
  /** Whatever else the application wants to keep. */
  readonly custom?: Readonly<Record<string, string>>;
}

/** An event to be stored. Its data is plain JSON; it is copied at the call, so later changes of the object do no harm. */
export type EventData<E extends Event = Event> = E extends Event
  ? {
      readonly type: E['type'];
      readonly data: E['data'];
      readonly metadata?: Metadata;
      /** A UUID that makes a repeated append harmless; one (version 7) is made if absent. */
      readonly id?: string;
    }
  : never;

/** An event as it is stored: immutable, owned by the reader. */
export type StoredEvent<E extends Event = Event> = E extends Event
  ? {
      readonly id: string;
      readonly streamId: StreamId;
      readonly type: E['type'];
      readonly data: DeepReadonly<E['data']>;
      readonly metadata: Metadata;
      /** Place in its stream, from 1, without gaps. */
      readonly version: number;
      /** Place in the log, from 1, in commit order, without gaps. */
      readonly globalPosition: number;
      /** When it was appended, in milliseconds since 1970, by the clock of the tab that appended it; never used for order. */
      readonly timestamp: number;
      /** The version of the data's shape where it is not 1; absent once upcasters have brought it to the current one. */
      readonly schemaVersion?: number;
    }
  : never;

/** `T` with every property, at every depth, readonly. Branded strings and numbers stay what they are. */
export type DeepReadonly<T> = T extends string | number | bigint | boolean | ((...args: never) => unknown)
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * The type of the event that deleting a stream leaves behind. It stands in the log like any
 * event, so that a projection can remove what it keeps of the stream. Types that begin with `$` are Ermine's own.
 */
export const StreamDeleted = '$streamDeleted';

/** The last event of a deleted stream, see {@link StreamDeleted}. */
export type StreamDeletedEvent = Event<typeof StreamDeleted, Record<string, never>>;
