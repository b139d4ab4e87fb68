import type { Page } from '@playwright/test';
import { ON_BOTH, expect, test } from './test.ts';

const BLOCKED_AFTER_MS = 500;

const acknowledged = (tab: Page) => tab.evaluate(() => harness.appenders[0]!.acknowledged.length);

/** Waits until the tab's appender has got further. */
async function moves(tab: Page, by = 5): Promise<void> {
  const before = await acknowledged(tab);
  await expect.poll(() => acknowledged(tab), { intervals: [10] }).toBeGreaterThanOrEqual(before + by);
}

// No other tab is in a process that is stopped.
test.use({ ownBrowser: true });

for (const [what, withIds] of [
  ['its appends', false],
  ['appends whose event ids it has to look up', true],
] as const) {
  test(`6 when a tab is frozen during ${what}, others commit within a second`, async ({ openTab, browserProcess }) => {
    const [frozen, other] = [await openTab(), await openTab()];
    for (const tab of [frozen, other]) await tab.evaluate(() => harness.open());
    await frozen.evaluate((withIds) => harness.startAppending({ stream: 'Frozen-1', withIds }), withIds);
    await other.bringToFront();
    for (let i = 0; i < 15; i++) {
      await moves(frozen);
      const freeze = await browserProcess.freeze(frozen);
      const before = await acknowledged(frozen);
      const slowestMs = await other.evaluate(async () => {
        const appender = harness.appenders[harness.startAppending({ stream: 'Other-1', count: 5 })]!;
        await appender.done;
        return appender.slowestMs;
      });
      expect(slowestMs).toBeLessThan(1_000);
      expect(await acknowledged(frozen)).toBe(before);
      await freeze.resume();
    }
    await frozen.evaluate(() => harness.appenders[0]!.stop());
    const appends = (await acknowledged(frozen)) + 15 * 5;
    expect(await other.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: appends, problems: [] });
  });
}

test('6 when a tab is frozen while it reads and follows the log, others commit within a second', async ({ openTab, browserProcess }) => {
  const [frozen, other] = [await openTab(), await openTab()];
  for (const tab of [frozen, other]) await tab.evaluate(() => harness.open());
  await other.evaluate(() => harness.startAppending({ stream: 'Other-1' }));
  await frozen.evaluate(() => {
    harness.follow();
    // It is always reading something.
    const { store } = harness;
    for (const read of [() => store.loadStream('Other-1'), () => store.head()]) void (async () => { for (;;) await read(); })();
  });
  await other.bringToFront();
  for (let i = 0; i < 15; i++) {
    await moves(other);
    const freeze = await browserProcess.freeze(frozen);
    await moves(other);
    await freeze.resume();
  }
  expect(await other.evaluate(() => harness.appenders[0]!.slowestMs)).toBeLessThan(1_000);
  expect(await other.evaluate(() => harness.appenders[0]!.failures)).toEqual([]);
});

test('7 a tab whose process is stopped between appends holds up nobody, and misses nothing when it goes on', ON_BOTH, async ({ openTab, browserProcess }) => {
  const [stopped, writer, reader] = [await openTab(), await openTab(), await openTab()];
  // In this order: on SQLite the first one has the file.
  for (const tab of [writer, reader, stopped]) await tab.evaluate(() => (harness.open()));
  for (const tab of [stopped, reader]) await tab.evaluate(() => harness.follow());
  await stopped.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
  await expect.poll(() => stopped.evaluate(() => harness.recordings[0]!.facts.count)).toBe(3);

  const { resume } = await browserProcess.stop(stopped);
  const slowestMs = await writer.evaluate(async () => {
    const appender = harness.appenders[harness.startAppending({ stream: 'Order-1', count: 200 })]!;
    await appender.done;
    return appender.slowestMs;
  });
  expect(slowestMs).toBeLessThan(1_000);
  await expect.poll(() => reader.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: 203, inOrder: true });

  resume();
  await expect.poll(() => stopped.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: 203, inOrder: true });
  expect(await stopped.evaluate(() => harness.store.appendToStream('Order-1', 203, harness.batch(1)))).toMatchObject({ globalPosition: 204 });
});

test('8 a tab stopped inside a transaction makes the others StorageBlockedError, and what became of their appends shows by their event ids', async ({ openTab, browserProcess }) => {
  const [stopped, known, unknown, reader] = [await openTab(), await openTab(), await openTab(), await openTab()];
  for (const tab of [known, unknown, reader]) await tab.evaluate((blockedAfterMs) => harness.open({ blockedAfterMs, pollIntervalMs: 200 }), BLOCKED_AFTER_MS);
  // This one has read nothing and must look before it writes, the other one knows the log and writes at once.
  await known.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(2)));
  await reader.evaluate(() => harness.follow());
  await stopped.evaluate(() => harness.holdTransaction());
  const { resume } = await browserProcess.stop(stopped);

  const append = (tab: Page, ids?: readonly string[]) =>
    tab.evaluate((ids) => harness.outcome(harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(2, ids && { ids }))), ids);
  const errors = (await Promise.all([append(known), append(unknown)])).map(({ error }) => error!);
  expect(errors).toMatchObject([
    { code: 'STORAGE_BLOCKED', written: 'unknown' },
    { code: 'STORAGE_BLOCKED', written: 'no' },
  ]);
  expect(await known.evaluate(() => harness.failure(harness.store.head()))).toMatchObject({ code: 'STORAGE_BLOCKED' });
  expect(await reader.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ inOrder: true, error: undefined });

  resume();
  await stopped.close();
  const ids = errors.map((error) => error['eventIds'] as string[]);
  expect(await append(known, ids[0])).toMatchObject({ value: { version: 4, globalPosition: 4, deduplicated: true } });
  expect(await append(unknown, ids[1])).toMatchObject({ value: { version: 6, globalPosition: 6, deduplicated: false } });
  expect(await known.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 6, problems: [] });
  await expect.poll(() => reader.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: 6, inOrder: true, error: undefined });
});
