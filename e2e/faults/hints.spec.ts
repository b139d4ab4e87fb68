import type { Page } from '@playwright/test';
import { ON_BOTH, expect, test, withoutHints } from './test.ts';

const POLL_MS = 500;

const facts = (tab: Page) => tab.evaluate(() => harness.recordings[0]!.facts);
const append = (tab: Page, count = 1) => tab.evaluate((count) => harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(count)), count);

for (const [deaf, who] of [
  ['reader', 'the tab that subscribes hears no hint'],
  ['writer', 'the tab that appends can send none'],
] as const) {
  test(`19 when ${who}, events are delivered within the poll interval`, ON_BOTH, async ({ openTab }) => {
    const writer = await openTab(deaf === 'writer' ? { before: withoutHints } : {});
    const reader = await openTab(deaf === 'reader' ? { before: withoutHints } : {});
    await writer.evaluate(() => harness.open());
    await reader.evaluate((pollIntervalMs) => harness.open({ pollIntervalMs }), POLL_MS);
    await reader.evaluate(() => {
      // Deliveries by the time of the machine, which both tabs share.
      const seenAt = Object.assign(globalThis, { seenAt: [] as number[] }).seenAt;
      harness.store.subscribeToAll().subscribe(() => seenAt.push(Date.now()));
      harness.follow();
    });
    for (let i = 1; i <= 5; i++) {
      const [appendedAt] = await Promise.all([writer.evaluate(() => Date.now()), append(writer)]);
      await expect.poll(async () => (await facts(reader)).count, { intervals: [20] }).toBe(i);
      const seenAt = await reader.evaluate((i) => (globalThis as unknown as { seenAt: number[] }).seenAt[i - 1]!, i);
      // A tab on a busy machine runs its timers late.
      expect(seenAt - appendedAt).toBeLessThan(POLL_MS + 500);
    }
    expect(await facts(reader)).toMatchObject({ count: 5, inOrder: true });
  });
}

test('20 10,000 forged, doubled and reordered hints lead to no duplicate and to few reads', ON_BOTH, async ({ openTab }) => {
  const [reader, writer, forger] = [await openTab(), await openTab(), await openTab()];
  await reader.evaluate(() => (harness.countDatabaseWork(), harness.open({ pollIntervalMs: 600_000 })));
  await writer.evaluate(() => harness.open());
  await reader.evaluate(() => {
    for (let i = 0; i < 10; i++) harness.follow();
    harness.listenToHints();
  });
  await append(writer, 3);
  await expect.poll(async () => (await facts(reader)).count).toBe(3);

  const before = await reader.evaluate(() => ({ reads: harness.counts!.reads, heard: harness.hints.length, at: performance.now() }));
  const { epoch } = await reader.evaluate(() => harness.store.head());
  const forging = forger.evaluate(async (epoch) => {
    const channel = new BroadcastChannel(harness.hintChannel());
    const wrong = [null, 0, 'hint', [], {}, { epoch }, { epoch: 7, position: 1 }, { epoch, position: -1 }, { epoch, position: 0.5 }, { epoch, position: NaN }, { epoch, position: '9' }];
    for (let i = 0; i < 10_000; i++) {
      const position = [1, 4, 4, 1_000, Number.MAX_SAFE_INTEGER - i, Math.ceil(Math.random() * 100)][i % 6]!;
      channel.postMessage(i % 10 === 0 ? wrong[(i / 10) % wrong.length] : { epoch: i % 7 === 0 ? 'another' : epoch, position });
      if (i % 100 === 0) await harness.nextTask();
    }
    channel.postMessage({ epoch, position: 999_999_999, last: true });
  }, epoch);
  // Real events come in between.
  for (let i = 0; i < 20; i++) await append(writer, 2);
  await forging;
  await expect.poll(() => reader.evaluate(() => harness.hints.some((hint) => hint?.position === 999_999_999))).toBe(true);
  await expect.poll(async () => (await facts(reader)).count).toBe(43);

  const after = await reader.evaluate(() => ({ reads: harness.counts!.reads, heard: harness.hints.length, at: performance.now() }));
  expect(after.heard - before.heard).toBeGreaterThan(10_000);
  // A few for each real append, and a few in each tenth of a second for those that came to nothing.
  const bound = (reals: number, ms: number) => reals * 4 + (ms / 100) * 4 + 10;
  expect(after.reads - before.reads).toBeLessThan(bound(20, after.at - before.at));

  // One after the other, each when the one before was heard and there was time to read.
  await reader.evaluate(() => {
    const echo = new BroadcastChannel('echo');
    new BroadcastChannel(harness.hintChannel()).onmessage = () => void harness.openRaw('elsewhere').then((database) => (database.close(), echo.postMessage(0)));
  });
  const tookMs = await forger.evaluate(async (epoch) => {
    const startMs = performance.now();
    const channel = new BroadcastChannel(harness.hintChannel());
    const echo = new BroadcastChannel('echo');
    for (let i = 0; i < 300; i++) {
      const heard = new Promise((resolve) => (echo.onmessage = resolve));
      channel.postMessage({ epoch, position: 1_000 + (i % 3) });
      await heard;
    }
    return performance.now() - startMs;
  }, epoch);
  expect((await reader.evaluate(() => harness.counts!.reads)) - after.reads).toBeLessThan(bound(0, tookMs));

  const all = await reader.evaluate(() => harness.recordings.map(({ facts }) => facts));
  for (const each of all) expect(each).toMatchObject({ count: 43, inOrder: true, error: undefined });

  // The tab that was lied to about the end of the log still appends at the right place.
  expect(await append(reader, 2)).toMatchObject({ version: 45, globalPosition: 45 });
  expect(await reader.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 45, problems: [] });
});

test('21 a hint for a position that an aborted transaction would have had leads to nothing, and its next owner is delivered once', async ({ openTab }) => {
  const [reader, aborter, writer] = [await openTab(), await openTab(), await openTab()];
  for (const tab of [reader, writer]) await tab.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
  await reader.evaluate(() => (harness.countDatabaseWork(), harness.follow()));
  await append(writer, 3);
  await expect.poll(async () => (await facts(reader)).count).toBe(3);
  const { epoch } = await writer.evaluate(() => harness.store.head());
  await aborter.evaluate(async (epoch) => {
    const channel = new BroadcastChannel('ermine:indexeddb:log');
    const database = await harness.openRaw();
    const last = await new Promise<object>((resolve) => {
      const request = database.transaction('commits').objectStore('commits').openCursor(null, 'prev');
      request.onsuccess = () => resolve(request.result!.value);
    });
    const transaction = database.transaction('commits', 'readwrite');
    const request = transaction.objectStore('commits').add({ ...last, k: 4 });
    await new Promise((resolve, reject) => {
      transaction.onabort = resolve;
      transaction.oncomplete = reject;
      request.onsuccess = () => {
        // As a careless one does it: told before it is true, and then it is not.
        channel.postMessage({ epoch, position: 6 });
        transaction.abort();
      };
    });
    channel.postMessage({ epoch, position: 6 });
    database.close();
  }, epoch);
  await expect.poll(() => reader.evaluate(() => harness.counts!.reads)).toBeGreaterThan(0);
  expect(await facts(reader)).toMatchObject({ count: 3, inOrder: true });

  await append(writer, 4);
  await expect.poll(() => facts(reader)).toMatchObject({ count: 7, inOrder: true });
  expect(await writer.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 7, problems: [] });
});
