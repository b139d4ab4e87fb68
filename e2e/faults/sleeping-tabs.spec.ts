import type { Page } from '@playwright/test';
import { ON_BOTH, expect, test } from './test.ts';

const facts = (tab: Page) => tab.evaluate(() => harness.recordings[0]!.facts);
const withoutChannel = () => Reflect.deleteProperty(globalThis, 'BroadcastChannel');

/** Subscribes in a page that only the browser wakes: no poll comes to its help. */
async function follow(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await harness.open({ pollIntervalMs: 600_000 });
    harness.follow();
    addEventListener('pageshow', ({ persisted }) => Object.assign(globalThis, { persisted }));
  });
}

// What the browser remembers of other tests would count.
test.use({ ownBrowser: true });

test('22 a page that comes back from the back/forward cache has missed nothing that was written meanwhile', ON_BOTH, async ({ openTab, baseURL }) => {
  // A hint that arrives for a page in the cache throws it out; this is about one that misses them.
  const writer = await openTab({ before: withoutChannel });
  const page = await openTab();
  await writer.evaluate(() => harness.open());
  await follow(page);
  const append = () => writer.evaluate(() => harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(300)));
  await append();
  for (let visit = 1; visit <= 3; visit++) {
    await page.goto(`${baseURL}/elsewhere.html`);
    await append();
    await append();
    // A page that is restored does not load, so there is no event to wait for.
    await page.goBack({ waitUntil: 'commit' });
    await expect.poll(() => facts(page)).toMatchObject({ count: 300 + visit * 600, inOrder: true, error: undefined });
    expect(await page.evaluate(() => ({ persisted: (globalThis as { persisted?: boolean }).persisted }))).toEqual({ persisted: true });
  }
  expect(await page.evaluate(() => harness.store.appendToStream('Order-1', 2_100, harness.batch(1)))).toMatchObject({ globalPosition: 2_101 });
  await expect.poll(() => facts(page)).toMatchObject({ count: 2_101, inOrder: true });
});

test('22 a page in the back/forward cache that a hint throws out of it holds up nobody and begins anew', ON_BOTH, async ({ openTab, baseURL, storage }) => {
  const [writer, page] = [await openTab(), await openTab()];
  // With SQLite the time counts for starting the worker as well.
  await writer.evaluate((blockedAfterMs) => harness.open({ blockedAfterMs }), storage === 'sqlite' ? 10_000 : 1_000);
  await follow(page);
  await page.goto(`${baseURL}/elsewhere.html`);
  await writer.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Order-1', size: 3, count: 100 })]!.done);
  expect(await writer.evaluate(() => harness.appenders[0]!.failures)).toEqual([]);
  await page.goBack({ waitUntil: 'commit' });
  await page.waitForFunction(() => 'harness' in globalThis, undefined, { polling: 10 });
  if (await page.evaluate(() => harness.recordings.length === 0)) await follow(page);
  await expect.poll(() => facts(page)).toMatchObject({ count: 300, inOrder: true, error: undefined });
});

test('23 a subscriber that was frozen catches up with 100,000 events in order and in bounded memory', ON_BOTH, async ({ openTab, browserProcess }) => {
  const EVENTS = 100_000;
  const EVENT_BYTES = 400;
  const [reader, writer] = [await openTab(), await openTab()];
  for (const tab of [reader, writer]) await tab.evaluate(() => harness.open({ durability: 'relaxed' }));
  await reader.evaluate(() => harness.follow());
  await writer.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(1)));
  await expect.poll(async () => (await facts(reader)).count).toBe(1);

  const session = await browserProcess.context.newCDPSession(reader);
  /** What is really held: the garbage is collected first. */
  const liveBytes = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize;
  };
  const before = await liveBytes();
  await writer.bringToFront();
  const freeze = await browserProcess.freeze(reader);
  await writer.evaluate(
    ([events, bytes]) => harness.appenders[harness.startAppending({ stream: 'Order-2', size: 1_000, count: events / 1_000, bytes })]!.done,
    [EVENTS, EVENT_BYTES] as const,
  );
  expect(await facts(reader)).toMatchObject({ count: 1 });

  await freeze.resume();
  let most = 0;
  let samples = 0;
  for (; (await facts(reader)).count <= EVENTS; samples++) most = Math.max(most, (await liveBytes()) - before);
  expect(await facts(reader)).toMatchObject({ count: EVENTS + 1, inOrder: true, error: undefined });
  expect(samples).toBeGreaterThan(3);
  // The backlog itself is over 50 MB.
  expect(most).toBeLessThan(15_000_000);
});
