import type { EventCodec } from './encode.ts';
import { createCodec } from './event-codec.ts';
import type { EventSerializer } from './serializer.ts';

/** A serializer that a store can be opened with, see {@link defineSerializer}. */
export interface DefinedSerializer extends EventSerializer {
  /** Called by a store that is opened with this serializer and no registry. */
  createCodec(): EventCodec;
}

/**
 * Makes a serializer usable by a store. What a store needs for it is loaded with it, so stores without one are smaller.
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
