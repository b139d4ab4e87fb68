import type { Page } from '@playwright/test';
import type { Chromium } from './chromium.ts';
import { ON_BOTH, expect, test } from './test.ts';

/** Chromium counts a megabyte for each file that begins, and SQLite has two. */
const QUOTA_BYTES = { indexeddb: 1_000_000, sqlite: 2_500_000 };
/** Random bytes of one of five events; Base64 makes them a third more. */
const TOO_LARGE = 180_000;
const FITS = 100;

/** To be set before the database is opened: Chromium remembers for a while how much space it found. */
async function setQuota({ context }: Chromium, tab: Page, quotaSize: number): Promise<{ lift(): Promise<void> }> {
  const session = await context.newCDPSession(tab);
  const { origin } = new URL(tab.url());
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  return { lift: () => session.send('Storage.overrideQuotaForOrigin', { origin }).then(() => undefined) };
}

const append = (tab: Page, bytes: number) =>
  tab.evaluate((bytes) => harness.outcome(harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(5, { bytes }))), bytes);

/** What SQLite itself says of its file after writes that were cut off. */
const expectIntegrity = async (tab: Page) => expect(await tab.evaluate(() => harness.query('SELECT * FROM pragma_integrity_check'))).toMatchObject({ rows: [['ok']] });

test('3 an append over the quota is a StorageFullError, stores and announces nothing, and the store is usable afterwards', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const [writer, reader] = [await openTab(), await openTab()];
  const quota = await setQuota(browserProcess, writer, QUOTA_BYTES[storage]);
  for (const tab of [writer, reader]) await tab.evaluate(() => harness.open());
  await reader.evaluate(() => (harness.listenToHints(), harness.follow()));

  expect(await append(writer, FITS)).toMatchObject({ value: { version: 5, globalPosition: 5 } });
  for (let i = 0; i < 3; i++) expect(await append(writer, TOO_LARGE)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
  expect(await writer.evaluate(() => harness.store.head())).toMatchObject({ position: 5 });
  expect(await writer.evaluate(async () => (await harness.store.loadStream('Order-1')).length)).toBe(5);

  if (storage === 'sqlite') await expectIntegrity(reader);

  await quota.lift();
  expect(await append(writer, TOO_LARGE)).toMatchObject({ value: { version: 10, globalPosition: 10 } });
  expect(await append(reader, FITS)).toMatchObject({ value: { version: 15, globalPosition: 15 } });
  await expect.poll(() => reader.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: 15, inOrder: true });
  // Nothing was said of those that failed.
  await expect.poll(() => reader.evaluate(() => harness.hints.map(({ position }) => position))).toEqual([5, 10, 15]);
  expect(await writer.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 15, problems: [] });
});

test('3 a first start that finds no space is a StorageFullError, and with space again the store opens', ON_BOTH, async ({ openTab, browserProcess }) => {
  const tab = await openTab();
  const quota = await setQuota(browserProcess, tab, 1_000);
  const opening = () => tab.evaluate(() => harness.outcome(harness.open().then(() => harness.store.head())));
  expect(await opening()).toMatchObject({ error: { code: 'STORAGE_FULL' } });
  await quota.lift();
  expect(await opening()).toMatchObject({ value: { position: 0 } });
  expect(await append(tab, FITS)).toMatchObject({ value: { version: 5 } });
});

test('3 a log that is there opens and is read where there is no space any more', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const tab = await openTab();
  await tab.evaluate(() => harness.open());
  expect(await append(tab, FITS)).toMatchObject({ value: { version: 5 } });
  await setQuota(browserProcess, tab, 1_000);
  for (let i = 0; i < 3; i++) {
    await tab.evaluate(() => harness.store.close());
    await tab.evaluate(() => harness.open());
    expect(await tab.evaluate(async () => (await harness.store.loadStream('Order-1')).length)).toBe(5);
    // Chromium remembers for IndexedDB that there was space.
    if (storage === 'sqlite') expect(await append(tab, TOO_LARGE)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
  }
});

test('3 a large append that does not fit takes no small one with it that was written in the same group', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const tab = await openTab();
  await setQuota(browserProcess, tab, QUOTA_BYTES[storage]);
  await tab.evaluate(() => harness.open());
  const codes = await tab.evaluate(async ([fits, tooLarge]) => {
    const appends = [fits, tooLarge, fits].map((bytes, i) =>
      harness.outcome(harness.store.appendToStream(`Order-${i}`, harness.NoStream, harness.batch(5, { bytes: bytes! }))),
    );
    return (await Promise.all(appends)).map(({ value, error }) => value ?? error?.code);
  }, [FITS, TOO_LARGE]);
  expect(codes).toMatchObject([{ version: 5, globalPosition: 5 }, 'STORAGE_FULL', { version: 5, globalPosition: 10 }]);
  expect(await tab.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 10, problems: [] });
});

test('18 when half of all appends are aborted, positions stay contiguous and another tab is shown only what is stored', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const [writer, rival, reader] = [await openTab(), await openTab(), await openTab()];
  await setQuota(browserProcess, writer, QUOTA_BYTES[storage]);
  await writer.evaluate(() => harness.countDatabaseWork());
  for (const tab of [writer, rival, reader]) await tab.evaluate(() => harness.open());
  await reader.evaluate(() => harness.follow());

  // Meanwhile a rival takes positions, so that those of an aborted append are soon another event's.
  const compete = () => rival.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Rival-1', count: 4 })]!.done);
  const results = [];
  for (let i = 0; i < 60; i++) results.push((await Promise.all([append(writer, i % 2 === 0 ? FITS : TOO_LARGE), compete()]))[0]);

  const stored = results.filter(({ value }) => value);
  // All the large ones fail, and near the end, when the rival has filled the rest, maybe some of the small ones.
  expect(stored.length).toBeGreaterThanOrEqual(20);
  expect(results.filter(({ error }) => error?.code === 'STORAGE_FULL')).toHaveLength(60 - stored.length);
  expect(results.filter(({ value }, i) => value && i % 2 === 1)).toEqual([]);
  if (storage === 'indexeddb') expect(await writer.evaluate(() => harness.counts!.aborts)).toBeGreaterThanOrEqual(30);
  else await expectIntegrity(reader);

  // While a large append of the writer is under way there may be no space for the rival either.
  const rivals = await rival.evaluate(() => harness.appenders.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0));
  expect(rivals).toBeGreaterThanOrEqual(200);
  const log = await reader.evaluate(() => harness.audit(harness.store));
  expect(log).toMatchObject({ count: rivals + 5 * stored.length, problems: [] });
  await expect.poll(() => reader.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: log.count, last: log.count, inOrder: true });
});

test('21 a hint for the positions of an append that was undone leads to nothing, and their next owner is delivered once', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const [writer, reader] = [await openTab(), await openTab()];
  const quota = await setQuota(browserProcess, writer, QUOTA_BYTES[storage]);
  await reader.evaluate(() => harness.countDatabaseWork());
  for (const tab of [writer, reader]) await tab.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
  await reader.evaluate(() => harness.follow());
  const facts = () => reader.evaluate(() => harness.recordings[0]!.facts);
  expect(await append(writer, FITS)).toMatchObject({ value: { globalPosition: 5 } });
  await expect.poll(facts).toMatchObject({ count: 5 });

  const { reads } = await reader.evaluate(() => harness.counts!);
  expect(await append(writer, TOO_LARGE)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
  await writer.evaluate(async () => {
    const { epoch } = await harness.store.head();
    new BroadcastChannel(harness.hintChannel()).postMessage({ epoch, position: 10 });
  });
  await expect.poll(() => reader.evaluate(() => harness.counts!.reads)).toBeGreaterThan(reads);
  expect(await facts()).toMatchObject({ count: 5, inOrder: true });

  await quota.lift();
  expect(await append(writer, FITS)).toMatchObject({ value: { globalPosition: 10 } });
  await expect.poll(facts).toMatchObject({ count: 10, inOrder: true });
  expect(await writer.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 10, problems: [] });
});

test('3 a projection that finds no space says so and stands still; appends and other projections go on, and with space again so does it, with every event once', ON_BOTH, async ({ openTab, browserProcess, storage }) => {
  const tab = await openTab();
  const quota = await setQuota(browserProcess, tab, QUOTA_BYTES[storage]);
  await tab.evaluate(() => harness.open());
  await tab.evaluate(() => harness.runReadModels());
  expect(await append(tab, FITS)).toMatchObject({ value: { globalPosition: 5 } });
  await tab.evaluate(() => harness.runBulky());
  const status = () => tab.evaluate(() => harness.statusOf(harness.bulky!));
  await expect.poll(status).toMatchObject({ state: 'catching up', position: 0, lag: 5, code: 'STORAGE_FULL' });
  expect((await status()).message).toContain('Delete something.');

  expect(await append(tab, FITS)).toMatchObject({ value: { globalPosition: 10 } });
  await tab.evaluate(() => Promise.all([harness.models!.cards.waitFor(10), harness.models!.fold.waitFor(10)]));
  expect(await tab.evaluate(async () => (await harness.models!.fold.get()).parts)).toBe(10);
  await expect.poll(status).toMatchObject({ state: 'catching up', position: 0, lag: 10, code: 'STORAGE_FULL' });
  expect((await tab.evaluate(() => harness.auditBulky(harness.bulky!, 0))).found).toEqual([]);
  if (storage === 'sqlite') await expectIntegrity(tab);

  await quota.lift();
  await expect.poll(status).toMatchObject({ state: 'live', position: 10, lag: 0, code: undefined });
  const { found, expected } = await tab.evaluate(() => harness.auditBulky(harness.bulky!, 10));
  expect(found).toEqual(expected);
});
