import type { Direction } from '../storage/storage.ts';
import type { EventFilter } from '../subscription/filter.ts';

/** How a reading is ended from outside. */
export interface AbortOptions {
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Which events of a stream are read; by default all, forwards. */
export interface ReadStreamOptions extends AbortOptions {
  /** Inclusive; default the beginning, or the end when reading backwards. */
  readonly fromVersion?: number;
  /** At most this many events; default all. */
  readonly count?: number;
  /** Default forwards. */
  readonly direction?: Direction;
}

/** Which events of the log are read; by default all, forwards. */
export interface ReadAllOptions extends AbortOptions {
  /** Inclusive; default the beginning, or the end when reading backwards. */
  readonly fromPosition?: number;
  /** Of events that pass the filter. */
  readonly count?: number;
  /** Default forwards. */
  readonly direction?: Direction;
  /** Default all events. */
  readonly filter?: EventFilter;
}
