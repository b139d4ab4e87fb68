import type { Page } from '@playwright/test';
import { ON_BOTH, expect, test } from './test.ts';

const TABS = 3;

async function openTabs(openTab: () => Promise<Page>): Promise<Page[]> {
  const tabs = await Promise.all(Array.from({ length: TABS }, () => openTab()));
  await Promise.all(tabs.map((tab) => tab.evaluate(() => harness.open())));
  return tabs;
}

/** Runs the same in all tabs at once. */
const inAll = <T, A>(tabs: readonly Page[], run: (argument: A) => T | Promise<T>, argument: A): Promise<T[]> =>
  Promise.all(tabs.map((tab) => tab.evaluate(run as never, argument as never) as Promise<T>));

test('16 of three tabs that append with the same expected version one wins, and the others are told the actual version', ON_BOTH, async ({ openTab, storage }) => {
  const tabs = await openTabs(openTab);
  await inAll(tabs, () => harness.countDatabaseWork(), undefined);
  const ROUNDS = 100;
  const results = await inAll(
    tabs,
    async ([rounds, tabs]) => {
      const ends = [];
      for (let i = 0; i < rounds; i++) {
        await harness.meet(`round ${i}`, tabs);
        ends.push(await harness.outcome(harness.store.appendToStream(`Race-${i}`, harness.NoStream, harness.batch(2))));
      }
      return ends;
    },
    [ROUNDS, TABS] as const,
  );
  for (let i = 0; i < ROUNDS; i++) {
    const ends = results.map((ends) => ends[i]!);
    expect(ends.filter(({ value }) => value), `round ${i}`).toHaveLength(1);
    for (const { error } of ends.filter((end) => end.error)) {
      expect(error).toMatchObject({ code: 'CONCURRENCY_CONFLICT', streamId: `Race-${i}`, expectedVersion: 0, actualVersion: 2 });
    }
  }
  // It was a race: some have added where another one was faster. (SQLite's owner takes them one by one.)
  const aborts = await inAll(tabs, () => harness.counts!.aborts, undefined);
  if (storage === 'indexeddb') expect(aborts.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  expect(await tabs[0]!.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 2 * ROUNDS, problems: [] });
});

test('16 tabs that decide anew on the actual version they are told all get their appends in, once each', ON_BOTH, async ({ openTab }) => {
  const tabs = await openTabs(openTab);
  const APPENDS = 60;
  const results = await inAll(
    tabs,
    async (appends) => {
      let version = 0;
      let conflicts = 0;
      for (let done = 0; done < appends; ) {
        const { value, error } = await harness.outcome(harness.store.appendToStream('Counter-1', version, harness.batch(1)));
        if (value) done++;
        else conflicts++;
        if (error && (error.code !== 'CONCURRENCY_CONFLICT' || (error['actualVersion'] as number) <= version)) throw new Error(error.message);
        version = value?.version ?? (error!['actualVersion'] as number);
      }
      return conflicts;
    },
    APPENDS,
  );
  expect(results.reduce((sum, conflicts) => sum + conflicts)).toBeGreaterThan(0);
  expect(await tabs[0]!.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: TABS * APPENDS, problems: [] });
});

test('17 the same event ids from several tabs at once are stored once, and all get the first result', ON_BOTH, async ({ openTab }) => {
  const tabs = await openTabs(openTab);
  const rounds = Array.from({ length: 40 }, () => Array.from({ length: 3 }, () => crypto.randomUUID()));
  const results = await inAll(
    tabs,
    async (rounds) => {
      const ends = [];
      for (const ids of rounds) ends.push(await harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(3, { ids })));
      return ends;
    },
    rounds,
  );
  rounds.forEach((_ids, i) => {
    const ends = results.map((ends) => ends[i]!);
    expect(new Set(ends.map(({ version, globalPosition }) => `${version} ${globalPosition}`)).size, `round ${i}`).toBe(1);
    expect(ends.filter(({ deduplicated }) => !deduplicated), `round ${i}`).toHaveLength(1);
  });
  expect(await tabs[0]!.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 3 * rounds.length, problems: [] });
});

test('17 event ids of which another tab has stored only some are a CorruptedIdempotencyError, and nothing is written', ON_BOTH, async ({ openTab }) => {
  const [first, second] = await openTabs(openTab);
  const [a, b, c, d] = Array.from({ length: 4 }, () => crypto.randomUUID()) as [string, string, string, string];
  const append = (tab: Page, stream: string, ids: string[]) =>
    tab.evaluate(([stream, ids]) => harness.outcome(harness.store.appendToStream(stream, harness.AnyVersion, harness.batch(ids.length, { ids }))), [stream, ids] as const);
  expect(await append(first!, 'Order-1', [a, b, c])).toMatchObject({ value: { version: 3 } });
  for (const [stream, ids] of [
    ['Order-1', [b, c, d]],
    ['Order-1', [d, a]],
    ['Order-1', [b, a]],
    ['Order-2', [a, b, c]],
  ] as const) {
    expect(await append(second!, stream, [...ids])).toMatchObject({ error: { code: 'CORRUPTED_IDEMPOTENCY', knownIds: ids.filter((id) => id !== d) } });
  }
  // A part that is together is a repetition of itself.
  expect(await append(second!, 'Order-1', [a, b])).toMatchObject({ value: { version: 2, globalPosition: 2, deduplicated: true } });
  expect(await append(second!, 'Order-1', [d])).toMatchObject({ value: { version: 4, globalPosition: 4, deduplicated: false } });
});

test('three tabs that append and subscribe at the same time are each shown every event once and in order', ON_BOTH, async ({ openTab }) => {
  const tabs = await openTabs(openTab);
  await inAll(tabs, () => void harness.follow(), undefined);
  const APPENDS = 150;
  await inAll(
    tabs,
    async (count) => {
      const streams = ['Shared-1', `Own-${crypto.randomUUID()}`];
      await Promise.all(streams.map((stream, i) => harness.appenders[harness.startAppending({ stream, size: 1 + i, count, concurrency: 4 })]!.done));
    },
    APPENDS,
  );
  const count = TABS * APPENDS * 3;
  for (const tab of tabs) {
    await expect.poll(() => tab.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count, last: count, inOrder: true });
    expect(await tab.evaluate(() => harness.appenders.flatMap(({ failures }) => failures))).toEqual([]);
  }
  expect(await tabs[0]!.evaluate(() => harness.audit(harness.store))).toMatchObject({ count, problems: [] });
});

test('24 subscriptions that begin while appends are under way, here and in another tab, are shown every event once', ON_BOTH, async ({ openTab }) => {
  const [tab, other] = await openTabs(openTab);
  for (const each of [tab!, other!]) await each.evaluate(() => harness.startAppending({ stream: 'Order-1', size: 2 }));
  const SUBSCRIPTIONS = 120;
  await tab!.evaluate(async (count) => {
    const { acknowledged } = harness.appenders[0]!;
    while (harness.recordings.length < count) {
      // At whatever moment of an append the tab gets to it.
      for (const before = acknowledged.length; acknowledged.length === before; ) await harness.nextTask();
      for (let tasks = Math.random() * 10; tasks > 0; tasks--) await harness.nextTask();
      // Every other one in the middle of an append of two.
      harness.follow(acknowledged.at(-1)!.globalPosition - (harness.recordings.length % 2));
    }
  }, SUBSCRIPTIONS);
  for (const each of [tab!, other!]) await each.evaluate(() => harness.appenders[0]!.stop());
  const { position } = await tab!.evaluate(() => harness.store.head());
  await expect.poll(() => tab!.evaluate(() => harness.recordings.map(({ facts }) => facts).filter(({ last, inOrder }) => inOrder && last).map(({ last }) => last))).toEqual(Array(SUBSCRIPTIONS).fill(position));
});
