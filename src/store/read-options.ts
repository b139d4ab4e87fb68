import type { Direction } from '../storage/storage.ts';
import type { EventFilter } from '../subscription/filter.ts';

/** How a reading is ended from outside. */
export interface AbortOptions {
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Which events of a stream are read; all, forwards, unless told. */
export interface ReadStreamOptions extends AbortOptions {
  /** Inclusive; the beginning unless told, or the end when reading backwards. */
  readonly fromVersion?: number;
  /** At most so many events; all unless told. */
  readonly count?: number;
  /** Forwards unless told. */
  readonly direction?: Direction;
}

/** Which events of the log are read; all, forwards, unless told. */
export interface ReadAllOptions extends AbortOptions {
  /** Inclusive; the beginning unless told, or the end when reading backwards. */
  readonly fromPosition?: number;
  /** Of events that pass the filter. */
  readonly count?: number;
  /** Forwards unless told. */
  readonly direction?: Direction;
  /** All events unless told. */
  readonly filter?: EventFilter;
}
