import type { Event } from './event.ts';
import type { StandardSchema } from './standard-schema.ts';
import type { Upcaster } from './upcaster.ts';

/** What is known of one type of events. */
export interface EventDefinition<Data = unknown> {
  /** Checks the data of every append, and gives what is stored; any Standard Schema, such as one of valibot, zod or arktype. */
  readonly schema?: StandardSchema<unknown, Data> | undefined;
  /** The version of the shape that the data has now, from 1; 1 unless told. Older ones need upcasters. */
  readonly schemaVersion?: number;
}

/** A schema alone, or a whole definition. */
export type EventDefinitionLike = StandardSchema | EventDefinition;

export interface RegistryOptions {
  /** How events that were stored in older shapes come to the current ones. */
  readonly upcasters?: readonly Upcaster[];
  /**
   * What becomes of events that are not defined, or were stored by a newer version of the application: `keep` (unless
   * told) appends and delivers them as they are, `refuse` makes them errors.
   */
  readonly unknown?: 'keep' | 'refuse';
  /** Also checks what is read, after upcasting; false unless told, as what was stored had been checked. */
  readonly validateOnLoad?: boolean;
}

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
  /** Types alone: no value is there when it runs. */
  declare readonly '~event'?: E;
  readonly options: RegistryOptions;
  readonly #definitions = new Map<string, EventDefinition>();

  constructor(options: RegistryOptions = {}) {
    this.options = options;
  }

  /** By type. */
  get definitions(): ReadonlyMap<string, EventDefinition> {
    return this.#definitions;
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

/** A definition whose data has a type and no schema: it is not checked when it runs. */
export function eventType<Data>(definition: { readonly schemaVersion?: number } = {}): EventDefinition<Data> {
  return definition;
}
