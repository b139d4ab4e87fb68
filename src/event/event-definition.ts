import type { StandardSchema } from './standard-schema.ts';
import type { Upcaster } from './upcaster.ts';

/** What is known about one type of event. */
export interface EventDefinition<Data = unknown> {
  /** Checks the data of every append, and gives what is stored; any Standard Schema, such as one of valibot, zod or arktype. */
  readonly schema?: StandardSchema<unknown, Data> | undefined;
  /** The version of the shape that the data has now, from 1; default 1. Older ones need upcasters. */
  readonly schemaVersion?: number;
}

/** A schema alone, or a whole definition. */
export type EventDefinitionLike = StandardSchema | EventDefinition;

/** How a registry treats what it reads and what it does not know. */
export interface RegistryOptions {
  /** How events that were stored in older shapes come to the current ones. */
  readonly upcasters?: readonly Upcaster[];
  /**
   * What becomes of events that are not defined, or were stored by a newer version of the application: `keep` (unless
   * told) appends and delivers them as they are, `refuse` makes them errors.
   */
  readonly unknown?: 'keep' | 'refuse';
  /** Also checks what is read, after upcasting; default false, as what was stored had been checked. */
  readonly validateOnLoad?: boolean;
}
