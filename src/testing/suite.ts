import type { Event } from '../event/event.ts';
import type { Storage } from '../storage/storage.ts';
import type { EventStore } from '../store/event-store.ts';
import type { OpenEventStoreOptions } from '../store/open-event-store.ts';

/** One fresh log of a rule, with everything that is opened on it. */
export interface LogUnderTest {
  readonly storage: Storage;
  /** Another handle on the log, which the suite closes. */
  open<E extends Event = Event>(options?: Partial<OpenEventStoreOptions<E>>): Promise<EventStore<E>>;
  /** Another log, as fresh. */
  another(): Promise<LogUnderTest>;
  /** Runs at the end of the rule, whatever happens. */
  afterwards(cleanUp: () => void | Promise<void>): void;
}

/** Where the rules are written down. */
export interface Suite {
  readonly supports: Supports;
  readonly random: RandomOptions;
  group(title: string, body: () => void): void;
  rule(title: string, body: (log: LogUnderTest) => Promise<void>): void;
}

/** What an environment has, which the rules depend on. Every promise of a storage is tested in any case. */
export interface Supports {
  /** Handles hear of each other's commits through BroadcastChannel; where they do not, they only poll. */
  readonly hints: boolean;
  /** CompressionStream and DecompressionStream. */
  readonly gzip: boolean;
  /** The storage can hold a part of another log, with its positions, as a synced store needs; default false. */
  readonly replicas: boolean;
}

export interface RandomOptions {
  /** Of the first run; a random one when undefined. A failure prints it. */
  readonly seed: number | undefined;
  /** Runs of each property. */
  readonly runs: number;
}
