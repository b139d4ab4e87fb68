import type { Append, AppendOutcome, Log } from '../storage/storage.ts';
import type { LogFollower } from './log-follower.ts';

/** What other parts of this package find on an open store; it is no part of its interface. */
export interface StoreParts {
  readonly log: Log;
  readonly storageName: string;
  readonly follower: LogFollower;
  /** Every append of the store goes through here; what is put in its place calls the one before. */
  append: (append: Append) => Promise<Extract<AppendOutcome, { ok: true }>>;
}

/** Where a store keeps its {@link StoreParts}; the same in two copies of the package. */
export const storeParts = Symbol.for('ermine.parts');
