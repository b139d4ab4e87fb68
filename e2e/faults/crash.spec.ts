import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { Acknowledged } from './harness/appender.ts';
import { ON_BOTH, expect, openTab, test } from './test.ts';

/** A start of the browser takes longer than all that a few tabs do in it, so each browser that is killed has several such groups. */
const KILLS = { indexeddb: 4, sqlite: 2 };
const GROUPS = 5;
/** On SQLite one has the file, and the others go through it. */
const TABS = { indexeddb: 2, sqlite: 3 };

type Results = Record<string, { version: number; globalPosition: number }>;

/** Lets the tabs of each group append until so many acknowledgements have reached this process, and some of every group. */
async function appendUntil(groups: readonly (readonly Page[])[], enough: number): Promise<Results[]> {
  const acknowledged: Results[] = groups.map(() => ({}));
  const reached = new Promise<void>((resolve) => {
    for (const [group, tabs] of groups.entries()) {
      for (const tab of tabs) {
        tab.on('console', (message) => {
          const { append, version, globalPosition } = JSON.parse(message.text()) as Acknowledged;
          acknowledged[group]![append] = { version, globalPosition };
          const counts = acknowledged.map((results) => Object.keys(results).length);
          if (!counts.includes(0) && counts.reduce((sum, count) => sum + count) >= enough) resolve();
        });
      }
    }
  });
  for (const tab of groups.flat()) await tab.evaluate(() => harness.open());
  await Promise.all(
    groups.map(async ([large, ...small]) => {
      // One large, which takes several records, and many small ones that are written together.
      await large!.evaluate(() => void harness.startAppending({ stream: 'Large-1', size: 300 }, (ack) => console.log(JSON.stringify(ack))));
      for (const tab of small) await tab.evaluate(() => void harness.startAppending({ stream: 'Small-1', size: 3, concurrency: 8 }, (ack) => console.log(JSON.stringify(ack))));
    }),
  );
  await reached;
  return acknowledged;
}

/** Finds everything acknowledged in the log, and repeats what was stored without being acknowledged. */
async function checkLog(tab: Page, acknowledged: Results): Promise<void> {
  await tab.evaluate(() => harness.open());
  const log = await tab.evaluate(() => harness.audit(harness.store));
  expect(log.problems).toEqual([]);
  expect(log.appends).toMatchObject(acknowledged);
  for (const [append, { stream, ids, version, globalPosition }] of Object.entries(log.appends)) {
    if (append in acknowledged) continue;
    const repeat = tab.evaluate(([stream, ids]) => harness.store.appendToStream(stream, harness.NoStream, harness.batch(ids.length, { ids })), [stream, ids] as const);
    expect(await repeat).toEqual({ version, globalPosition, deduplicated: true });
  }
  expect(await tab.evaluate(() => harness.store.head())).toMatchObject({ position: log.count });
}

test('1 a browser killed again and again while several tabs append loses nothing acknowledged, tears no append, and 2 what was not acknowledged can be repeated', ON_BOTH, async ({ startBrowser, pageURL, storage }) => {
  test.setTimeout(240_000);
  // Each group has a database of its own: of one that was killed while it wrote, and was written to and killed again,
  // Chromium now and then finds the file corrupt and throws it away (about once in 100 such kills, with LevelDB of
  // Chromium 156).
  const origins = (kill: number) => Array.from({ length: GROUPS }, (_, group) => pageURL.replace('//', `//group-${kill}-${group}.`));
  let acknowledged: Results[] = [];
  for (let kill = 0; ; kill++) {
    const browser = await startBrowser();
    if (kill > 0) await Promise.all(origins(kill - 1).map(async (origin, group) => checkLog(await openTab(browser, origin), acknowledged[group]!)));
    if (kill === KILLS[storage]) break;
    const groups = await Promise.all(origins(kill).map((origin) => Promise.all(Array.from({ length: TABS[storage] }, () => openTab(browser, origin)))));
    // Each browser is killed at another moment.
    acknowledged = await appendUntil(groups, 12 + 15 * kill);
    await browser.kill();
  }
});

test('2 an append whose tab hangs after the commit and dies with the browser returns its result when it is repeated', ON_BOTH, async ({ startBrowser, pageURL, storage }) => {
  const ids = Array.from({ length: 5 }, () => crypto.randomUUID());
  const killed = await startBrowser();
  const [hanging, watching] = [await openTab(killed, pageURL), await openTab(killed, pageURL)];
  for (const tab of [hanging, watching]) await tab.evaluate(() => harness.open());
  // The tab never gets to know how it went.
  await hanging.evaluate(
    ([ids, storage]) => {
      const { commit } = IDBTransaction.prototype;
      IDBTransaction.prototype.commit = function () {
        commit.call(this);
        while (this.mode === 'readwrite');
      };
      setTimeout(() => {
        void harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids }));
        // The worker has been asked by the next task, and does what it was asked.
        if (storage === 'sqlite') setTimeout(() => { for (;;); });
      });
    },
    [ids, storage] as const,
  );
  await expect.poll(() => watching.evaluate(async () => (await harness.store.loadStream('Order-1')).length)).toBe(5);
  await killed.kill();

  const tab = await openTab(await startBrowser(), pageURL);
  await tab.evaluate(() => harness.open());
  const repeat = () => tab.evaluate((ids) => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5, { ids })), ids);
  expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
  expect(await repeat()).toEqual({ version: 5, globalPosition: 5, deduplicated: true });
  expect(await tab.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 5, problems: [] });
});

test('a database that the browser found corrupt and threw away is another log, and no checkpoint goes on in it', async ({ startBrowser, profile, baseURL }) => {
  const broken = await startBrowser();
  const before = await openTab(broken, baseURL!);
  await before.evaluate(() => harness.open());
  await before.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Order-1', size: 10, count: 20 })]!.done);
  const checkpoint = await before.evaluate(() => harness.store.head());
  await broken.kill();
  const folders = (await readdir(profile, { recursive: true })).filter((path) => path.endsWith('.indexeddb.leveldb'));
  for (const file of await readdir(join(profile, folders[0]!))) {
    if (!file.endsWith('.log')) continue;
    const path = join(profile, folders[0]!, file);
    const bytes = await readFile(path);
    const middle = bytes.length >> 1;
    await writeFile(path, bytes.fill(0xff, middle, middle + 100));
  }

  const after = await openTab(await startBrowser(), baseURL!);
  await after.evaluate(() => harness.open());
  expect(await after.evaluate(() => harness.store.head())).toMatchObject({ position: 0 });
  await after.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
  const goOn = after.evaluate(
    (checkpoint) =>
      harness.failure(new Promise((resolve, reject) => harness.store.subscribeToAll(checkpoint).subscribe({ next: resolve, error: reject, complete: () => resolve('completed') }))),
    checkpoint,
  );
  expect(await goOn).toMatchObject({ code: 'EPOCH_CHANGED', expectedEpoch: checkpoint.epoch });
});
