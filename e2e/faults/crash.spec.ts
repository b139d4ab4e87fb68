import { Chromium } from './chromium.ts';
import type { Acknowledged } from './harness/appender.ts';
import { expect, openTab, test } from './test.ts';

const ROUNDS = 20;

test('1 a browser killed 20 times while two tabs append loses nothing that was acknowledged and tears no append', async ({ profile, baseURL }) => {
  test.setTimeout(120_000);
  const acknowledged = new Map<string, Acknowledged>();
  for (let round = 0; ; round++) {
    const browser = await Chromium.start(profile);
    try {
      const tabs = await Promise.all([openTab(browser, baseURL!), openTab(browser, baseURL!)]);
      await Promise.all(tabs.map((tab) => tab.evaluate(() => harness.open())));

      const log = await tabs[0]!.evaluate(() => harness.audit(harness.store));
      expect(log.problems).toEqual([]);
      const stored = Object.fromEntries([...acknowledged.keys()].map((append) => [append, log.appends[append]]));
      expect(stored).toMatchObject(Object.fromEntries([...acknowledged].map(([append, { version, globalPosition }]) => [append, { version, globalPosition }])));
      if (round === ROUNDS) break;

      // Each round is killed at another moment; it ends when so many acknowledgements have reached this process.
      const enough = 5 + 7 * round;
      const reached = new Promise<void>((resolve) => {
        let count = 0;
        for (const tab of tabs) {
          tab.on('console', (message) => {
            const ack = JSON.parse(message.text()) as Acknowledged;
            acknowledged.set(ack.append, ack);
            if (++count === enough) resolve();
          });
        }
      });
      // Appends of many small ones together, and of one that takes several records.
      await tabs[0]!.evaluate(() => void harness.startAppending({ stream: 'Small-1', size: 3, concurrency: 8 }, (ack) => console.log(JSON.stringify(ack))));
      await tabs[1]!.evaluate(() => void harness.startAppending({ stream: 'Large-1', size: 300 }, (ack) => console.log(JSON.stringify(ack))));
      await reached;
    } finally {
      await browser.kill();
    }
  }
});

test('2 an append whose tab hangs after the commit and dies with the browser returns its result when it is repeated', async ({ profile, baseURL }) => {
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
  const killed = await Chromium.start(profile);
  try {
    const hanging = await openTab(killed, baseURL!);
    const watching = await openTab(killed, baseURL!);
    for (const tab of [hanging, watching]) await tab.evaluate(() => harness.open());
    await hanging.evaluate((ids) => {
      const { commit } = IDBTransaction.prototype;
      IDBTransaction.prototype.commit = function () {
        commit.call(this);
        // The tab never gets to know how it went.
        for (;;);
      };
      setTimeout(() => void harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids })));
    }, ids);
    const stored = () => watching.evaluate(async () => (await harness.store.loadStream('Order-1')).length);
    await expect.poll(stored).toBe(5);
  } finally {
    await killed.kill();
  }

  const restarted = await Chromium.start(profile);
  try {
    const tab = await openTab(restarted, baseURL!);
    await tab.evaluate(() => harness.open());
    const repeat = () => tab.evaluate((ids) => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids })), ids);
    expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
    expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
    expect(await tab.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 5, problems: [] });
  } finally {
    await restarted.kill();
  }
});
