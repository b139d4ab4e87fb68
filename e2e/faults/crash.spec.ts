import type { Acknowledged } from './harness/appender.ts';
import { expect, openTab, test } from './test.ts';

const ROUNDS = 20;

test('1 a browser killed 20 times while two tabs append loses nothing acknowledged, tears no append, and 2 what was not acknowledged can be repeated', async ({ startBrowser, baseURL }) => {
  test.setTimeout(120_000);
  const acknowledged: Record<string, { version: number; globalPosition: number }> = {};
  for (let round = 0; round <= ROUNDS; round++) {
    const browser = await startBrowser();
    const [small, large] = await Promise.all([openTab(browser, baseURL!), openTab(browser, baseURL!)]);
    for (const tab of [small, large]) await tab.evaluate(() => harness.open());

    const log = await small.evaluate(() => harness.audit(harness.store));
    expect(log.problems).toEqual([]);
    expect(log.appends).toMatchObject(acknowledged);
    for (const [append, { stream, ids, version, globalPosition }] of Object.entries(log.appends)) {
      if (append in acknowledged) continue;
      const repeat = () => small.evaluate(([stream, ids]) => harness.store.appendToStream(stream, harness.NoStream, harness.batch(ids.length, { ids })), [stream, ids] as const);
      expect(await repeat()).toEqual({ version, globalPosition, deduplicated: true });
      acknowledged[append] = { version, globalPosition };
    }
    expect(await small.evaluate(() => harness.store.head())).toMatchObject({ position: log.count });
    if (round === ROUNDS) break;

    // Each round is killed at another moment: when so many acknowledgements have reached this process.
    const enough = 5 + 3 * round;
    let count = 0;
    const reached = new Promise<void>((resolve) => {
      for (const tab of [small, large]) {
        tab.on('console', (message) => {
          const { append, version, globalPosition } = JSON.parse(message.text()) as Acknowledged;
          acknowledged[append] = { version, globalPosition };
          if (++count === enough) resolve();
        });
      }
    });
    // Many small ones in a group, and one of several records.
    await large.evaluate(() => void harness.startAppending({ stream: 'Large-1', size: 300 }, (ack) => console.log(JSON.stringify(ack))));
    await small.evaluate(() => void harness.startAppending({ stream: 'Small-1', size: 3, concurrency: 8 }, (ack) => console.log(JSON.stringify(ack))));
    await reached;
    await browser.kill();
  }
});

test('2 an append whose tab hangs after the commit and dies with the browser returns its result when it is repeated', async ({ startBrowser, baseURL }) => {
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
  const killed = await startBrowser();
  const [hanging, watching] = [await openTab(killed, baseURL!), await openTab(killed, baseURL!)];
  for (const tab of [hanging, watching]) await tab.evaluate(() => harness.open());
  await hanging.evaluate((ids) => {
    const { commit } = IDBTransaction.prototype;
    IDBTransaction.prototype.commit = function () {
      commit.call(this);
      // The tab never gets to know how it went.
      while (this.mode === 'readwrite');
    };
    setTimeout(() => void harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids })));
  }, ids);
  await expect.poll(() => watching.evaluate(async () => (await harness.store.loadStream('Order-1')).length)).toBe(5);
  await killed.kill();

  const tab = await openTab(await startBrowser(), baseURL!);
  await tab.evaluate(() => harness.open());
  const repeat = () => tab.evaluate((ids) => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids })), ids);
  expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
  expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
  expect(await tab.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 5, problems: [] });
});
