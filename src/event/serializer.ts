import type { Metadata } from './event.ts';

/**
 * Turns the data of events into bytes and back, in place of JSON: another encoding, compression, encryption.
 *
 * It runs before a transaction opens and after one has ended, so it may be asynchronous. `serialize` is called during the
 * append: it reads all it needs of `data` before it awaits anything, and then nothing the caller does later can change the
 * event. What it throws is `InvalidEventError` or `UnreadableEventError` with its error as the cause.
 */
export interface EventSerializer {
  /** Stored with every event that it makes: a store reads what serializers of its own format made, and plain JSON. */
  readonly format: string;
  serialize(data: unknown, event: SerializedEvent): Uint8Array | Promise<Uint8Array>;
  deserialize(bytes: Uint8Array, event: SerializedEvent): unknown;
}

/** What is known of the event whose data it is, the same at both ends: it can be bound to the data by authenticated encryption. */
export interface SerializedEvent {
  readonly id: string;
  /** Its stream's name, `category-id`. */
  readonly stream: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly metadata: Metadata;
}
