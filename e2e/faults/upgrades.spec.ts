import type { Page } from '@playwright/test';
import { expect, test } from './test.ts';

const BLOCKED_AFTER_MS = 500;

const facts = (tab: Page) => tab.evaluate(() => harness.recordings[0]!.facts);

/** Makes a log of three events and lets go of it. */
async function makeLog(tab: Page): Promise<void> {
  await tab.evaluate(async () => {
    await harness.open();
    await harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3));
    await harness.store.close();
  });
}

test('11 a tab with a newer version upgrades within two seconds beside one that works, which gets VersionTooNewError', async ({ openTab }) => {
  const [old, next] = [await openTab(), await openTab()];
  await makeLog(old);
  await old.evaluate(() => harness.open({ pollIntervalMs: 200 }));
  await old.evaluate(() => (harness.follow(), harness.startAppending({ stream: 'Order-2' })));
  await expect.poll(async () => (await facts(old)).count).toBeGreaterThan(10);

  const tookMs = await next.evaluate(async () => {
    const startMs = performance.now();
    await harness.openNextVersion();
    await harness.store.appendToStream('Order-1', 3, harness.batch(3));
    return performance.now() - startMs;
  });
  expect(tookMs).toBeLessThan(2_000);

  await expect.poll(() => old.evaluate(() => harness.appenders[0]!.failures[0]?.code)).toBe('VERSION_TOO_NEW');
  await expect.poll(() => facts(old)).toMatchObject({ inOrder: true, error: { code: 'VERSION_TOO_NEW' } });
  expect(await old.evaluate(() => harness.failure(harness.store.loadStream('Order-1')))).toMatchObject({ code: 'VERSION_TOO_NEW' });
  expect(await old.evaluate(() => harness.failure(harness.open()))).toMatchObject({ code: 'VERSION_TOO_NEW' });

  // What the old tab was told to be stored is there, and nothing else of its own.
  const acknowledged = await old.evaluate(() => harness.appenders[0]!.acknowledged.length);
  expect(await next.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 6 + acknowledged, problems: [] });
});

test('12 a connection that ignores versionchange blocks an upgrade, which says so and why, and succeeds when it is gone', async ({ openTab }) => {
  const [holding, next] = [await openTab(), await openTab()];
  await makeLog(next);
  await holding.evaluate(() => harness.holdConnection());

  const blocked = await next.evaluate((blockedAfterMs) => harness.failure(harness.openNextVersion({ blockedAfterMs })), BLOCKED_AFTER_MS);
  expect(blocked).toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
  expect(blocked.message).toMatch(/"log".*another tab/);

  await holding.close();
  await next.evaluate(() => harness.openNextVersion());
  expect(await next.evaluate(() => harness.store.appendToStream('Order-1', 3, harness.batch(3)))).toMatchObject({ globalPosition: 6 });
  expect(await next.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 6, problems: [] });
});

test('12 an old tab that works meanwhile is told the same, and goes on if the newer tab gave up', async ({ openTab }) => {
  const [holding, old, next] = [await openTab(), await openTab(), await openTab()];
  await makeLog(next);
  await old.evaluate((blockedAfterMs) => harness.open({ blockedAfterMs, pollIntervalMs: 200 }), BLOCKED_AFTER_MS);
  await old.evaluate(() => harness.follow());
  await expect.poll(async () => (await facts(old)).count).toBe(3);
  await holding.evaluate(() => harness.holdConnection());
  await next.evaluate((blockedAfterMs) => harness.failure(harness.openNextVersion({ blockedAfterMs })), BLOCKED_AFTER_MS);

  const during = await old.evaluate(() => harness.failure(harness.store.appendToStream('Order-1', 3, harness.batch(3))));
  expect(during).toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
  await next.close();
  await holding.close();
  const append = () => old.evaluate(() => harness.outcome(harness.store.appendToStream('Order-1', 3, harness.batch(3))));
  await expect.poll(append).toMatchObject({ value: { globalPosition: 6 } });
  await expect.poll(() => facts(old)).toMatchObject({ count: 6, inOrder: true, error: undefined });
});

test('15 an open that never fires ends after its time limit and one retry with a typed error, and works later', async ({ openTab }) => {
  const [holding, deleting, tab] = [await openTab(), await openTab(), await openTab()];
  await holding.evaluate(() => harness.holdConnection());
  // The deletion waits for the connection, and all that open the database wait for the deletion.
  await deleting.evaluate(() => new Promise((resolve) => (indexedDB.deleteDatabase('log').onblocked = resolve)));

  await tab.evaluate(() => harness.countDatabaseWork());
  const { error, tookMs } = await tab.evaluate(async (blockedAfterMs) => {
    const startMs = performance.now();
    const error = await harness.failure(harness.open({ blockedAfterMs }));
    return { error, tookMs: performance.now() - startMs };
  }, BLOCKED_AFTER_MS);
  expect(error.code).toBe('STORAGE_UNAVAILABLE');
  expect(error.message).toContain('did not open');
  expect(await tab.evaluate(() => harness.counts!.opens)).toBe(2);
  expect(tookMs).toBeGreaterThanOrEqual(2 * BLOCKED_AFTER_MS);
  expect(tookMs).toBeLessThan(4 * BLOCKED_AFTER_MS);

  await holding.close();
  await tab.evaluate(() => harness.open());
  expect(await tab.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)))).toMatchObject({ globalPosition: 3 });
});

test('a database of the same name that is not Ermine\'s is a typed error, and is left as it was', async ({ openTab }) => {
  const tab = await openTab();
  const codes = await tab.evaluate(async () => {
    const make = (name: string, version: number, ...stores: string[]) =>
      new Promise<void>((resolve) => {
        const request = indexedDB.open(name, version);
        request.onupgradeneeded = () => {
          for (const store of stores) request.result.createObjectStore(store);
          if (stores.includes('meta')) request.transaction!.objectStore('meta').put('theirs', 'epoch');
        };
        request.onsuccess = () => resolve(request.result.close());
      });
    await make('empty', 1);
    await make('theirs', 1, 'customers');
    await make('newer', 7, 'customers');
    const codes: Record<string, string> = {};
    for (const name of ['empty', 'theirs', 'newer']) {
      const opened = await harness.failure(harness.open({ name }));
      codes[name] = opened.code;
      if (opened.code === 'none') codes[name] = (await harness.failure(harness.store.appendToStream('Order-1', 0, harness.batch(1)))).code;
    }
    return codes;
  });
  expect(codes).toEqual({ empty: 'STORAGE_UNAVAILABLE', theirs: 'STORAGE_UNAVAILABLE', newer: 'VERSION_TOO_NEW' });
  const left = await tab.evaluate(async () => {
    const stores = async (name: string) => [...(await harness.openRaw(name)).objectStoreNames];
    return Promise.all(['empty', 'theirs', 'newer'].map(stores));
  });
  expect(left).toEqual([[], ['customers'], ['customers']]);
});
