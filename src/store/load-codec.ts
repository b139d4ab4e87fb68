import { eventsPath, type EventCodec } from '../event/encode.ts';
import { InvalidEventError, InvalidRegistryError, UnreadableEventError } from '../event/errors.ts';
import { idAt, newIdBase } from '../event/event-id.ts';
import type { EventRegistry } from '../event/event-registry.ts';
import type { Event } from '../event/event.ts';
import { FORBIDDEN_KEYS } from '../event/json.ts';
import { mergeMetadata } from '../event/metadata.ts';
import type { EventSerializer } from '../event/serializer.ts';
import { streamIdToString } from '../event/stream-id.ts';

/** The code of registries and serializers, for those who use them. */
export async function loadCodec<E extends Event>(events: EventRegistry<E> | undefined, serializer: EventSerializer | undefined): Promise<EventCodec> {
  const { createCodec } = await import('../event/event-codec.ts');
  return createCodec(events, serializer, {
    InvalidEventError,
    InvalidRegistryError,
    UnreadableEventError,
    FORBIDDEN_KEYS,
    eventsPath,
    idAt,
    mergeMetadata,
    newIdBase,
    streamIdToString,
  });
}
