import type { Observable } from 'rxjs';
import type { RawEvent } from '../event/event-batch.ts';
import type { Append, AppendOutcome, Log } from '../storage/storage.ts';
import type { LogFollower } from './log-follower.ts';

/** What other parts of this package find on an open store; it is no part of its interface. */
export interface StoreParts {
  readonly log: Log;
  readonly storageName: string;
  readonly follower: LogFollower;
  /** Every append of the store goes through here; what is put in its place calls the one before. */
  append: (append: Append) => Promise<Extract<AppendOutcome, { ok: true }>>;
  /** Of a synced store. */
  readonly pending?: Pending;
}

/** What waits for the server. */
export interface Pending {
  /** Emits when it may be something else. */
  readonly changes$: Observable<unknown>;
  look(): Promise<PendingView>;
}

/** What waits for the server, as of one moment. */
export interface PendingView {
  /** Another one when anything has left or changed since, and not only come. */
  readonly edits: number;
  streams(): readonly string[];
  /** The events of streams in their order, on top of the confirmed versions of these, with `Infinity` as their position. */
  eventsOn(confirmedVersions: ReadonlyMap<string, number>): RawEvent[];
}

/** Where a store keeps its {@link StoreParts}; the same in two copies of the package. */
export const storeParts = Symbol.for('ermine.parts');
