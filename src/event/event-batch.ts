import { UnreadableEventError } from './errors.ts';
import { idAt } from './event-id.ts';
import type { Metadata, StoredEvent } from './event.ts';
import { splitStreamName } from './stream-id.ts';

/** One event inside a batch; what is absent comes from the batch. */
export type EventTuple = readonly [
  type: string,
  data: unknown,
  metadata?: Metadata | null,
  id?: string | null,
  timestamp?: number | null,
  /** The version of the data's shape; default 1. */
  schemaVersion?: number | null,
  /** The serializer that made the data, which is then base64 of its bytes; absent for plain JSON. */
  format?: string | null,
];

/** Events of one stream that are next to each other, encoded, with no place in the log yet. */
export interface NewBatch {
  /** The stream's name, `category-id`; empty when the events are erased. */
  readonly stream: string;
  readonly count: number;
  /** Of every event that has none of its own, in milliseconds since 1970. */
  readonly timestamp: number;
  /** The ids of events without one of their own count up from this base, see {@link idAt}. */
  readonly idBase: string;
  /** JSON text of an array of `count` {@link EventTuple}s; empty when the events were erased (deleted or truncated). */
  readonly events: string;
  /** While it is being written: the ids that the caller gave, by index; absent when there are none. They are in `events` too. */
  readonly ids?: readonly (string | undefined)[];
  /** While it is being written: the correlation ids of its events; absent when there are none. They are in `events` too. */
  readonly correlationIds?: readonly string[];
}

/** An event as it is in the log: its data may still be what a serializer made of it. */
export type RawEvent = StoredEvent & { readonly format?: string };

/** Turns stored events into what the application reads. */
export interface EventDecoder {
  /** The events in the same order. @throws {UnreadableEventError} */
  decode(events: readonly RawEvent[]): readonly StoredEvent[] | Promise<readonly StoredEvent[]>;
}

/** A batch in the log: the unit that storages write and read. */
export interface EventBatch extends NewBatch {
  /** Version of the first event. */
  readonly version: number;
  /** Global position of the first event. */
  readonly position: number;
}

/** A batch holds at most this many events, and this many UTF-16 units of JSON unless a single event is larger. */
export const MAX_BATCH_EVENTS = 256;
export const MAX_BATCH_UNITS = 64 * 1024;

/** The id of every event of a batch that is about to be written. */
export function idsOf(batch: NewBatch): string[] {
  return Array.from({ length: batch.count }, (_, i) => batch.ids?.[i] ?? idAt(batch.idBase, i));
}

/** The events of a batch, made anew at each call, so that no reader can change what another one sees. */
export function decodeBatch(batch: EventBatch): RawEvent[] {
  if (batch.events === '') return [];
  const tuples = JSON.parse(batch.events) as EventTuple[];
  const streamId = splitStreamName(batch.stream);
  const events: RawEvent[] = [];
  for (let i = 0; i < tuples.length; i++) {
    const [type, data, metadata, id, timestamp, schemaVersion, format] = tuples[i]!;
    const event: Writable<RawEvent> = {
      id: id ?? idAt(batch.idBase, i),
      streamId,
      type,
      data,
      metadata: metadata ?? {},
      version: batch.version + i,
      globalPosition: batch.position + i,
      timestamp: timestamp ?? batch.timestamp,
    };
    if (schemaVersion) event.schemaVersion = schemaVersion;
    if (format) event.format = format;
    events.push(event);
  }
  return events;
}

/** For a store without a codec: plain JSON as it is. */
export const plainDecoder: EventDecoder = {
  decode(events) {
    const packed = events.find(({ format }) => format);
    if (packed) throw new UnreadableEventError(packed, `was written by the serializer "${packed.format}": open the store with it`);
    return events;
  },
};

type Writable<T> = { -readonly [K in keyof T]: T[K] };
