import type { Event } from './event.ts';
import { createCodec } from './event-codec.ts';
import type { EventDefinition, EventDefinitionLike, RegistryOptions } from './event-definition.ts';
import type { EventCodec } from './encode.ts';
import type { EventSerializer } from './serializer.ts';
import type { StandardSchema } from './standard-schema.ts';

type DataOf<Definition> = Definition extends StandardSchema<infer _Input, infer Data>
  ? Data
  : Definition extends { readonly schema: StandardSchema<infer _Input, infer Data> }
    ? Data
    : Definition extends EventDefinition<infer Data>
      ? Data
      : unknown;

/** The union of the events of a registry: `type ShopEvent = EventsOf<typeof events>`. */
export type EventsOf<Registry> = Registry extends EventRegistry<infer E> ? E : never;

/** The event types of an application. A store that is opened with it sees what was registered by then. */
export class EventRegistry<E extends Event = never> {
  /** Only for the types: there is no value at run time. */
  declare readonly '~event'?: E;
  readonly #options: RegistryOptions;
  readonly #definitions = new Map<string, EventDefinition>();

  constructor(options: RegistryOptions = {}) {
    this.#options = options;
  }

  /** Defines one type, in place of an earlier definition of it. @returns this registry, whose type knows the event */
  registerEvent<Type extends string, Definition extends EventDefinitionLike>(
    type: Type,
    definition: Definition,
  ): EventRegistry<E | Event<Type, DataOf<Definition>>> {
    // A schema of arktype is a function.
    this.#definitions.set(type, '~standard' in definition ? { schema: definition } : definition);
    return this as unknown as EventRegistry<E | Event<Type, DataOf<Definition>>>;
  }

  /** Called by the store that is opened with it. @throws {InvalidRegistryError} when the upcasters have a hole or go in a circle */
  createCodec(serializer?: EventSerializer): EventCodec {
    return createCodec(new Map(this.#definitions), this.#options, serializer);
  }
}

/** The events of these definitions, by type. */
type EventsOfDefinitions<Definitions extends Readonly<Record<string, EventDefinitionLike>>> = {
  [Type in keyof Definitions & string]: Event<Type, DataOf<Definitions[Type]>>;
}[keyof Definitions & string];

/**
 * Defines the event types of an application: a schema for each, or {@link eventType} for one without. A store that is
 * opened with them checks every append before anything is written, and has their types.
 *
 * @example
 * const events = defineEvents({ OrderPlaced: v.object({ sku: v.string() }), OrderCancelled: eventType<null>() });
 * const store = await openEventStore({ storage, events });
 */
export function defineEvents<const Definitions extends Readonly<Record<string, EventDefinitionLike>>>(
  definitions: Definitions,
  options: RegistryOptions = {},
): EventRegistry<EventsOfDefinitions<Definitions>> {
  const registry = new EventRegistry<EventsOfDefinitions<Definitions>>(options);
  for (const [type, definition] of Object.entries(definitions)) registry.registerEvent(type, definition);
  return registry;
}

/** A definition whose data has a type and no schema: nothing is checked at run time. */
export function eventType<Data>(definition: { readonly schemaVersion?: number } = {}): EventDefinition<Data> {
  return definition;
}
