import type { Observable } from 'rxjs';
import type { RawEvent } from '../event/event-batch.ts';
import type { Append, AppendOutcome, Log } from '../storage/storage.ts';
import type { LogFollower } from './log-follower.ts';

/** What other parts of this package find on an open store; not part of its public interface. */
export interface StoreParts {
  readonly log: Log;
  readonly storageName: string;
  readonly follower: LogFollower;
  /** Every append of the store goes through here; what is put in its place calls the one before. */
  append: (append: Append) => Promise<Extract<AppendOutcome, { ok: true }>>;
  /** Only of a synced store. */
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
  /** Changes when anything was removed or replaced, but not when something was only added. */
  readonly edits: number;
  streams(): readonly string[];
  /** The events of streams in their order, on top of the confirmed versions of these, with `Infinity` as their position. */
  eventsOn(confirmedVersions: ReadonlyMap<string, number>): RawEvent[];
}

/** Where a store keeps its {@link StoreParts}; the same in two copies of the package. */
export const storeParts = Symbol.for('ermine.parts');
