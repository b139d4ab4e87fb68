import type { Event } from '../event/event.ts';
import type { Storage } from '../storage/storage.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore, type OpenEventStoreOptions } from '../store/open-event-store.ts';
import { allRules } from './all-rules.ts';
import type { LogUnderTest, Suite, Supports } from './suite.ts';

/** The functions of a test runner, such as those of Vitest, Jest, Mocha or `node:test`. */
export interface TestFramework {
  readonly describe: (title: string, body: () => void) => unknown;
  readonly it: (title: string, body: () => Promise<void>, timeoutMs?: number) => unknown;
}

/** The storage under test, and how fresh ones are made. */
export interface ConformanceOptions {
  /** What the tests are grouped under. */
  readonly name: string;
  /**
   * A fresh, empty storage at every call. Opening the one that is returned several times gives several handles on one log,
   * which must stay there while none of them is open.
   */
  readonly createStorage: () => Storage | Promise<Storage>;
  /** Removes the data of a storage that `createStorage` made; every handle on it is closed by then. */
  readonly disposeStorage?: (storage: Storage) => void | Promise<void>;
  /** Opens a store on a storage; default `openEventStore`. */
  readonly openStore?: <E extends Event = Event>(options: OpenEventStoreOptions<E>) => Promise<EventStore<E>>;
  /** What is not there in this environment; by default that is found out. */
  readonly supports?: Partial<Supports>;
  /** The seed of the random tests, to repeat a run that failed. */
  readonly seed?: number | undefined;
  /** Runs of each random test; default 25. */
  readonly randomRuns?: number;
}

/** Where there are hints, nothing may have to wait for a look at the log: what a hint has not woken stays asleep. */
const NEVER_MS = 3_600_000;

/** A storage that needs longer for one rule is not usable. */
const RULE_TIMEOUT_MS = 60_000;

/**
 * Tests that a storage, and the store on it, keep every promise of an event store: what `Log` demands, seen from outside.
 * Every rule runs on a log of its own. Needs `fast-check`, no particular test runner, and runs in Node and in browsers.
 *
 * @example
 * import { describe, it } from 'vitest';
 * testStorage({ name: 'memory', createStorage: memoryStorage }, { describe, it });
 */
export function testStorage(options: ConformanceOptions, { describe, it }: TestFramework): void {
  const suite: Suite = {
    supports: {
      hints: typeof BroadcastChannel !== 'undefined',
      gzip: typeof CompressionStream !== 'undefined' && typeof DecompressionStream !== 'undefined',
      replicas: false,
      ...options.supports,
    },
    random: { seed: options.seed, runs: options.randomRuns ?? 25 },
    group: (title, body) => void describe(title, body),
    rule: (title, body) => void it(title, () => runRule(options, suite.supports, body), RULE_TIMEOUT_MS),
  };
  describe(`${options.name} conforms`, () => allRules(suite));
}

async function runRule(options: ConformanceOptions, { hints }: Supports, body: (log: LogUnderTest) => Promise<void>): Promise<void> {
  const { createStorage, disposeStorage, openStore = openEventStore } = options;
  const polling = hints ? { pollIntervalMs: NEVER_MS } : {};
  const cleanUps: (() => void | Promise<void>)[] = [];
  const createLog = async (): Promise<LogUnderTest> => {
    const storage = await createStorage();
    cleanUps.push(() => disposeStorage?.(storage));
    return {
      storage,
      async open<E extends Event>(more?: Partial<OpenEventStoreOptions<E>>) {
        const store = await openStore<E>({ storage, ...polling, ...more });
        cleanUps.push(() => store.close());
        return store;
      },
      another: createLog,
      afterwards: (cleanUp) => void cleanUps.push(cleanUp),
    };
  };
  const failures: unknown[] = [];
  const attempt = async (step: () => void | Promise<void>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(async () => body(await createLog()));
  // Last in, first out: stores are closed before their storage goes.
  for (const cleanUp of cleanUps.reverse()) await attempt(cleanUp);
  // What went wrong first is the reason of the rest.
  if (failures.length > 0) throw failures[0];
}
