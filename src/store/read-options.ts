import type { Direction } from '../storage/storage.ts';
import type { EventFilter } from '../subscription/filter.ts';

export interface AbortOptions {
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ReadStreamOptions extends AbortOptions {
  /** Inclusive; the beginning unless told, or the end when reading backwards. */
  readonly fromVersion?: number;
  readonly count?: number;
  readonly direction?: Direction;
}

export interface ReadAllOptions extends AbortOptions {
  /** Inclusive; the beginning unless told, or the end when reading backwards. */
  readonly fromPosition?: number;
  /** Of events that pass the filter. */
  readonly count?: number;
  readonly direction?: Direction;
  readonly filter?: EventFilter;
}
