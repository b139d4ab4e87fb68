import type { EventCodec } from './encode.ts';
import { createCodec } from './event-codec.ts';
import type { EventSerializer } from './serializer.ts';

/** A serializer that a store can be opened with, see {@link defineSerializer}. */
export interface DefinedSerializer extends EventSerializer {
  /** For the store that is opened with it and without a registry. */
  createCodec(): EventCodec;
}

/**
 * Makes a serializer usable by a store. Its code comes along, so that stores without one do not carry it.
 *
 * @example const store = await openEventStore({ storage, serializer: defineSerializer({ format: 'cbor', serialize: encode, deserialize: decode }) });
 */
export function defineSerializer(serializer: EventSerializer): DefinedSerializer {
  return {
    format: serializer.format,
    serialize: (data, event) => serializer.serialize(data, event),
    deserialize: (bytes, event) => serializer.deserialize(bytes, event),
    createCodec: () => createCodec(new Map(), {}, serializer),
  };
}
