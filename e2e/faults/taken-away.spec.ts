import type { Page } from '@playwright/test';
import { expect, test } from './test.ts';

/** Long before a transaction that hangs would be given up. */
const SOON = { timeout: 5_000 };

const facts = (tab: Page) => tab.evaluate(() => harness.recordings[0]!.facts);

/** How the calls of the public API end. */
const codes = (tab: Page) =>
  tab.evaluate(async () => {
    const { store, failure } = harness;
    const readAll = async () => {
      for await (const event of store.readAll()) return event;
      return undefined;
    };
    const subscribe = () => new Promise((resolve, reject) => store.subscribeToAll(0).subscribe({ next: resolve, error: reject, complete: () => resolve(undefined) }));
    const calls = [
      store.appendToStream('Order-1', harness.AnyVersion, harness.batch(1)),
      store.loadStream('Order-1'),
      store.getStreamInfo('Order-1'),
      store.head(),
      store.deleteStream('Order-1', harness.AnyVersion),
      store.truncateStream('Order-1', 1),
      store.snapshots.load('Order-1'),
      readAll(),
      subscribe(),
    ];
    return [...new Set((await Promise.all(calls.map(failure))).map(({ code }) => code))];
  });

// No other tab is in a process that is stopped.
test.use({ ownBrowser: true });

for (const storageTypes of ['indexeddb', 'all']) {
  test(`9 when site data (${storageTypes}) is cleared, subscriptions and all further calls end with EpochChangedError`, async ({ openTab, browserProcess }) => {
    const [tab, other] = [await openTab(), await openTab()];
    // No poll comes to their help.
    for (const each of [tab, other]) await each.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
    await tab.evaluate(() => harness.follow());
    await tab.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
    await expect.poll(() => facts(tab)).toMatchObject({ count: 3 });
    // Appends are under way while the data goes.
    await other.evaluate(() => harness.startAppending({ stream: 'Order-2' }));

    const session = await browserProcess.context.newCDPSession(tab);
    await session.send('Storage.clearDataForOrigin', { origin: new URL(tab.url()).origin, storageTypes });

    await expect.poll(() => facts(tab), SOON).toMatchObject({ inOrder: true, error: { code: 'EPOCH_CHANGED' } });
    expect(await codes(tab)).toEqual(['EPOCH_CHANGED']);
    await expect.poll(() => other.evaluate(() => harness.appenders[0]!.failures[0]?.code), SOON).toBe('EPOCH_CHANGED');
    await other.evaluate(() => harness.appenders[0]!.stop());

    // A store that is opened anew begins another log, which the old ones do not take for theirs.
    await other.evaluate(() => harness.open());
    expect(await other.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)))).toMatchObject({ globalPosition: 3 });
    expect(await codes(tab)).toEqual(['EPOCH_CHANGED']);
    expect(await other.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 3, problems: [] });
  });
}

test('9 a tab that was stopped while the data were cleared and made anew does not take the new log for its own', async ({ openTab, browserProcess }) => {
  const [stopped, other] = [await openTab(), await openTab()];
  await stopped.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
  await stopped.evaluate(() => harness.follow());
  await stopped.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
  await expect.poll(() => facts(stopped)).toMatchObject({ count: 3 });

  const { resume } = await browserProcess.stop(stopped);
  const session = await browserProcess.context.newCDPSession(other);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(other.url()).origin, storageTypes: 'indexeddb' });
  await other.evaluate(() => harness.open());
  await other.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5)));
  resume();

  expect(await codes(stopped)).toEqual(['EPOCH_CHANGED']);
  await expect.poll(() => facts(stopped), SOON).toMatchObject({ count: 3, inOrder: true, error: { code: 'EPOCH_CHANGED' } });
  expect(await other.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 5, problems: [] });
});

test('10 a database that another tab deletes is let go at once, and the store ends with EpochChangedError', async ({ openTab }) => {
  const [tab, appending, deleting] = [await openTab(), await openTab(), await openTab()];
  for (const each of [tab, appending]) await each.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
  await tab.evaluate(() => harness.follow());
  await appending.evaluate(() => harness.startAppending({ stream: 'Order-1' }));
  await expect.poll(async () => (await facts(tab)).count).toBeGreaterThan(5);

  const deletion = await deleting.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('log');
        request.onsuccess = () => resolve('deleted');
        request.onerror = () => reject(request.error);
      }),
  );
  expect(deletion).toBe('deleted');
  await expect.poll(() => facts(tab), SOON).toMatchObject({ inOrder: true, error: { code: 'EPOCH_CHANGED' } });
  await expect.poll(() => appending.evaluate(() => harness.appenders[0]!.failures[0]?.code), SOON).toBe('EPOCH_CHANGED');
  expect(await codes(tab)).toEqual(['EPOCH_CHANGED']);
  // Whoever finds the database gone does not make it again.
  expect(await deleting.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))).toEqual([]);
});
