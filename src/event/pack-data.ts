import type { EncodableEvent } from './encode.ts';
import { InvalidEventError, UnreadableEventError } from './errors.ts';
import type { RawEvent } from './event-batch.ts';
import type { Metadata } from './event.ts';
import { FORBIDDEN_KEYS } from './json.ts';
import { andThen, attempt, type MaybePromise } from './maybe-promise.ts';
import { mergeMetadata } from './metadata.ts';
import type { EventSerializer } from './serializer.ts';

/** What is known of an event before its data is put into bytes. */
export interface PackContext {
  readonly stream: string;
  /** What the store's provider gave. */
  readonly metadata: Metadata | undefined;
  /** The id for an event that has none. */
  readonly id: string;
}

/** Puts the data of events into the bytes of a serializer and takes it out again. */
export interface Packer {
  pack(event: EncodableEvent, path: string, context: PackContext): MaybePromise<EncodableEvent>;
  unpack(event: RawEvent): MaybePromise<unknown>;
}

/** Without a serializer, data stays JSON. */
export function createPacker(serializer: EventSerializer | undefined): Packer {
  return {
    pack(event, path, context) {
      if (!serializer || event.format !== undefined) return event;
      checkKeys(event.data, `${path}.data`);
      const { id = context.id, type, schemaVersion = 1 } = event;
      const metadata = mergeMetadata(context.metadata, event.metadata, `${path}.metadata`) ?? {};
      const known = { id, stream: context.stream, type, schemaVersion, metadata };
      const packed = attempt(
        () => serializer.serialize(event.data, known),
        (cause) => new InvalidEventError(`${path}.data`, `cannot be serialized (${String(cause)})`, { cause }),
      );
      return andThen(packed, (bytes) => ({
        ...event,
        id,
        data: toBase64(bytes),
        format: serializer.format,
        ...(event.id === undefined && { fresh: true }),
      }));
    },

    unpack(event) {
      const { format, data, id, type, schemaVersion = 1, metadata } = event;
      if (format === undefined) return data;
      if (serializer?.format !== format) {
        throw new UnreadableEventError(event, `was written by the serializer "${format}": open the store with it`);
      }
      const stream = `${event.streamId.category}-${event.streamId.id}`;
      return attempt(
        () => serializer.deserialize(fromBase64(data as string), { id, stream, type, schemaVersion, metadata }),
        (cause) => new UnreadableEventError(event, `cannot be deserialized (${String(cause)})`, { cause }),
      );
    },
  };
}

/** A serializer may hold what JSON cannot, but no key that a naive merge would write into a prototype. */
function checkKeys(value: unknown, path: string, seen: readonly unknown[] = []): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (seen.includes(value)) throw new InvalidEventError(path, 'holds itself');
  for (const [key, member] of Object.entries(value)) {
    const place = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    if (FORBIDDEN_KEYS.has(key)) throw new InvalidEventError(place, 'is a forbidden key');
    checkKeys(member, place, [...seen, value]);
  }
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8_192) text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
  return btoa(text);
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0));
}
