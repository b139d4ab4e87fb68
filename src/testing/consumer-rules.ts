import { take } from 'rxjs';
import { NoStream } from '../event/version.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { numbered, numbersOf, range } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';
import { until } from './wait.ts';

export function consumerRules({ group, rule }: Suite): void {
  group('consumers of a subscription', () => {
    rule('unsubscribing from within next stops at once, in the middle of a commit', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(600));
      for (const events$ of [store.subscribeToAll(0), store.subscribeToStream('Order-1'), store.subscribeToCategory('Order')]) {
        const taken = record(events$.pipe(take(3)));
        await taken.untilCompleted();
        const seen: number[] = [];
        const subscription = events$.subscribe(({ version }) => {
          seen.push(version);
          if (version === 5) subscription.unsubscribe();
        });
        const witness = record(events$);
        await witness.untilCount(600);
        await store.appendToStream('Other-1', -1, numbered(1));
        assertEqual(numbersOf(taken.values), [1, 2, 3], 'what was taken');
        assertEqual(seen, range(1, 5), 'what came before the end');
        witness.subscription.unsubscribe();
      }
    });

    rule('each is awaited for every event before it is emitted, one at a time, in order', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(5));
      const steps: string[] = [];
      let release: (() => void) | undefined;
      let running = 0;
      const live = record(
        store.subscribeToStream('Order-1', 0, {
          each: async ({ version }) => {
            assert(++running === 1, 'two are at work at the same time');
            steps.push(`each ${version}`);
            await new Promise<void>((resolve) => (release = resolve));
            running--;
          },
        }),
        ({ version }) => steps.push(`next ${version}`),
      );
      for (let version = 1; version <= 8; version++) {
        await until(`event ${version} is at work`, () => release !== undefined);
        // Whatever is appended meanwhile has to wait.
        if (version <= 3) await store.appendToStream('Order-1', 4 + version, numbered(1, 5 + version));
        assertEqual(live.values.length, version - 1, 'events emitted while one is at work');
        const goOn = release!;
        release = undefined;
        goOn();
        await live.untilCount(version);
      }
      assertEqual(steps, range(1, 8).flatMap((n) => [`each ${n}`, `next ${n}`]), 'the steps');
    });

    rule('one that is slow holds nobody else back', async (log) => {
      const store = await log.open();
      const slow = record(store.subscribeToAll(0, { each: () => new Promise<void>(() => {}) }));
      const fast = record(store.subscribeToAll(0));
      for (let n = 1; n <= 10; n++) await store.appendToStream('Order-1', n - 1, numbered(1, n));
      assertEqual(numbersOf(await fast.untilCount(10)), range(1, 10), 'what the fast one got');
      assertEqual(slow.values.length, 0, 'what the slow one got');
    });

    for (const [how, fail] of [
      ['throws', () => {
        throw new Error('no');
      }],
      ['rejects', () => Promise.reject(new Error('no'))],
      // As an append in it may, to another store or to this one: it is no failure of the log that is read.
      ['rejects as a storage does', () => Promise.reject(Object.assign(new Error('no'), { code: 'STORAGE_BLOCKED' }))],
      ['rejects as a closed store does', () => Promise.reject(Object.assign(new Error('no'), { code: 'STORE_CLOSED' }))],
    ] as const) {
      rule(`an each that ${how} ends the subscription with its error, at that event, and nobody else's`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Order-1', NoStream, numbered(6));
        const failing = record(store.subscribeToAll(0, { each: ({ version }) => (version === 4 ? fail() : undefined) }));
        const other = record(store.subscribeToAll(0));
        assertEqual(((await failing.untilError()) as Error).message, 'no', 'the error');
        await store.appendToStream('Order-1', 6, numbered(1, 7));
        assertEqual(numbersOf(await other.untilCount(7)), range(1, 7), 'what the other one got');
        assertEqual(numbersOf(failing.values), [1, 2, 3], 'what came before');
      });
    }

    rule('one that leaves while each is at work gets nothing more, and nothing more is given to each', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(5));
      const given: number[] = [];
      let release = (): void => {};
      const leaving = record(
        store.subscribeToAll(0, {
          each: async ({ version }) => {
            given.push(version);
            if (version === 3) await new Promise<void>((resolve) => (release = resolve));
          },
        }),
      );
      await until('event 3 is at work', () => given.length === 3);
      leaving.subscription.unsubscribe();
      release();
      await store.appendToStream('Order-1', 5, numbered(1, 6));
      await record(store.subscribeToAll(0)).untilCount(6);
      assertEqual([given, numbersOf(leaving.values)], [[1, 2, 3], [1, 2]], 'what was given to each, and to next');
    });

    rule('all subscriptions complete when the store closes, after the appends that it had accepted', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const recordings = [store.subscribeToAll(0), store.subscribeToStream('Order-1'), store.subscribeToCategory('Order', 0)].map((events$) => record(events$));
      const others = record(other.subscribeToAll(0));
      await store.appendToStream('Order-1', NoStream, numbered(2));
      for (const each of recordings) await each.untilCount(2);
      await store.close();
      for (const each of recordings) await each.untilCompleted();
      await other.appendToStream('Order-1', 2, numbered(1, 3));
      assertEqual(numbersOf(await others.untilCount(3)), [1, 2, 3], 'what a subscription of another handle got');
      for (const each of recordings) assertEqual(numbersOf(each.values), [1, 2], 'what came before the end');
    });

    rule('one that comes after the store was closed gets STORE_CLOSED', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(2));
      const before = [store.subscribeToAll(0), store.subscribeToStream('Order-1'), store.subscribeToCategory('Order')];
      await store.close();
      for (const events$ of [...before, store.subscribeToAll(0)]) {
        const late = record(events$);
        await assertFails(Promise.reject(await late.untilError()), 'STORE_CLOSED');
        assertEqual(late.values, [], 'what it got');
      }
    });
  });
}
