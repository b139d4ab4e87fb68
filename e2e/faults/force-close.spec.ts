import type { Page } from '@playwright/test';
import type { Chromium } from './chromium.ts';
import { expect, test } from './test.ts';

/** Chromium's own page about IndexedDB has a button that closes all connections of an origin as a failing disk would. */
async function openForceClose({ context }: Chromium): Promise<() => Promise<void>> {
  const internals = await context.newPage();
  return async () => {
    await internals.goto('chrome://indexeddb-internals');
    await internals.waitForFunction(() => document.querySelector('.force-close'), undefined, { polling: 10 });
    await internals.evaluate(() => document.querySelector<HTMLElement>('.force-close')!.click());
  };
}

const opens = (tab: Page) => tab.evaluate(() => harness.counts!.opens);
const facts = (tab: Page) => tab.evaluate(() => harness.recordings.at(-1)!.facts);

// The first origin that the browser lists is the one that is meant.
test.use({ ownBrowser: true });

test('14 when the browser closes the database again and again, it is reopened, every append ends once and subscriptions go on without a gap', async ({ openTab, browserProcess }) => {
  const [writer, rival, reader] = [await openTab(), await openTab(), await openTab()];
  const tabs = [writer, rival, reader];
  // No poll comes to their help.
  for (const tab of tabs) await tab.evaluate(() => (harness.countDatabaseWork(), harness.open({ pollIntervalMs: 600_000 })));
  await reader.evaluate(() => harness.follow());
  for (const tab of [writer, rival]) await tab.evaluate(() => harness.startAppending({ stream: `Tab-${crypto.randomUUID()}`, size: 3, concurrency: 3 }));
  const forceClose = await openForceClose(browserProcess);
  for (let i = 1; i <= 4; i++) {
    const before = await facts(reader);
    await forceClose();
    for (const tab of tabs) await expect.poll(() => opens(tab), { intervals: [10] }).toBeGreaterThan(i);
    await expect.poll(async () => (await facts(reader)).count, { intervals: [10] }).toBeGreaterThan(before.count + 30);
  }
  for (const tab of [writer, rival]) await tab.evaluate(() => harness.appenders[0]!.stop());

  const log = await reader.evaluate(() => harness.audit(harness.store));
  expect(log.problems).toEqual([]);
  let acknowledged = 0;
  for (const tab of [writer, rival]) {
    const appender = await tab.evaluate(() => ({ ...harness.appenders[0]! }));
    expect(appender.failures).toEqual([]);
    for (const { append, version, globalPosition } of appender.acknowledged) expect(log.appends[append]).toMatchObject({ version, globalPosition });
    acknowledged += appender.acknowledged.length;
  }
  // Nothing was written twice: there are as many appends in the log as were acknowledged.
  expect(log.count).toBe(3 * acknowledged);
  await expect.poll(() => facts(reader)).toMatchObject({ count: log.count, inOrder: true, error: undefined });
});

test('14 reads and a subscription whose connection is closed under them go on where they were', async ({ openTab, browserProcess }) => {
  const tab = await openTab();
  await tab.evaluate(() => (harness.countDatabaseWork(), harness.open({ durability: 'relaxed', pollIntervalMs: 600_000 })));
  await tab.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Order-1', size: 1_000, count: 10 })]!.done);
  // There is always a transaction of theirs for the browser to break.
  await tab.evaluate(() => {
    const passes = Object.assign(globalThis, { passes: [] as string[] }).passes;
    const read = async () => {
      for (;;) {
        let count = 0;
        for await (const { globalPosition } of harness.store.readAll()) if (globalPosition !== ++count) passes.push(`${globalPosition} at ${count}`);
        passes.push(`${count} in order, ${(await harness.store.loadStream('Order-1')).length} in the stream`);
      }
    };
    for (let i = 0; i < 3; i++) void read().catch((error: Error) => passes.push(error.message));
  });
  const passes = () => tab.evaluate(() => (globalThis as unknown as { passes: string[] }).passes);
  const forceClose = await openForceClose(browserProcess);
  for (let i = 1; i <= 3; i++) {
    await tab.evaluate(() => (harness.recordings.at(-1)?.stop(), harness.follow()));
    await forceClose();
    await expect.poll(() => opens(tab), { intervals: [10] }).toBeGreaterThan(i);
    const before = (await passes()).length;
    await expect.poll(async () => (await passes()).length, { intervals: [10] }).toBeGreaterThan(before + 3);
    await expect.poll(() => facts(tab)).toMatchObject({ count: 10_000, inOrder: true, error: undefined });
  }
  expect([...new Set(await passes())]).toEqual(['10000 in order, 10000 in the stream']);
});

test('14 projections whose connection is closed in the middle of their writes go on by themselves, and no event is lost or doubled', async ({ openTab, browserProcess }) => {
  const [writer, runner] = [await openTab(), await openTab()];
  await runner.evaluate(() => harness.countDatabaseWork());
  for (const tab of [writer, runner]) await tab.evaluate(() => harness.open({ durability: 'relaxed', pollIntervalMs: 600_000 }));
  await runner.evaluate(() => harness.runReadModels());
  await writer.evaluate(() => void harness.startAppending({ stream: 'Order-1', size: 3, concurrency: 2 }));
  const pass = (position: number) => runner.evaluate((to) => Promise.all([harness.models!.cards.waitFor(to), harness.models!.fold.waitFor(to)]), position);
  const statusOf = (which: 'cards' | 'fold') => runner.evaluate((which) => harness.statusOf(harness.models![which]), which);
  const forceClose = await openForceClose(browserProcess);
  await pass(30);
  // Some of them hit between two writes.
  for (let closed = 1; (await runner.evaluate(() => harness.counts!.documentAborts)) < 2; closed++) {
    expect(closed).toBeLessThan(40);
    const { position } = await statusOf('cards');
    await forceClose();
    await expect.poll(() => opens(runner), { intervals: [10] }).toBeGreaterThan(closed);
    await pass(position + 30);
  }
  await writer.evaluate(() => harness.appenders[0]!.stop());
  const { position } = await runner.evaluate(() => harness.store.head());
  await pass(position);
  for (const which of ['cards', 'fold'] as const) expect(await statusOf(which)).toMatchObject({ state: 'live', position, lag: 0, message: undefined });
  expect(await runner.evaluate(() => harness.auditReadModels())).toEqual({ folded: position, carded: position, problems: [] });
});
