import { writeFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import Sqlite from 'better-sqlite3';
import { openEventStore } from '../../src/index.ts';
import { sqliteStorage } from '../../src/sqlite-node.ts';
import { toArray } from '../../src/testing/events.ts';
import type { Chromium } from './chromium.ts';
import { expect, openTab, test } from './test.ts';

const facts = (tab: Page) => tab.evaluate(() => harness.recordings.at(-1)!.facts);
const open = (tab: Page) => tab.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
const acknowledged = (tab: Page) => tab.evaluate(() => harness.appenders[0]!.acknowledged.length);

/** What holds the lock of the database, or waits for it, as a tab sees it. */
const lockHolders = (tab: Page) => tab.evaluate(async () => (await navigator.locks.query()).held!.filter(({ name }) => name === 'ermine-sqlite:log').length);

async function crash({ context }: Chromium, tab: Page): Promise<void> {
  const session = await context.newCDPSession(tab);
  const crashed = tab.waitForEvent('crash');
  // It never answers.
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** Every acknowledged append of these tabs is in the log once, and there is nothing else. */
async function expectExactly(reader: Page, writers: readonly Page[], size: number): Promise<void> {
  const log = await reader.evaluate(() => harness.audit(harness.store));
  expect(log.problems).toEqual([]);
  let count = 0;
  for (const tab of writers) {
    const appender = await tab.evaluate(() => ({ ...harness.appenders[0]! }));
    expect(appender.failures).toEqual([]);
    for (const { append, version, globalPosition } of appender.acknowledged) expect(log.appends[append]).toMatchObject({ version, globalPosition });
    count += appender.acknowledged.length;
  }
  expect(log.count).toBe(size * count);
  await expect.poll(() => facts(reader)).toMatchObject({ count: log.count, inOrder: true, error: undefined });
}

test('14 when the tab that has the file crashes again and again, another one takes over, every append of the others ends once and subscriptions go on without a gap', async ({ openTab, browserProcess }) => {
  test.setTimeout(120_000);
  let owner = await openTab();
  await open(owner);
  const [writer, rival, reader] = [await openTab(), await openTab(), await openTab()];
  for (const tab of [writer, rival, reader]) await open(tab);
  await reader.evaluate(() => harness.follow());
  for (const tab of [writer, rival]) await tab.evaluate(() => harness.startAppending({ stream: `Tab-${crypto.randomUUID()}`, size: 3, concurrency: 3 }));
  for (let round = 0; round < 2; round++) {
    const before = (await facts(reader)).count;
    await expect.poll(async () => (await facts(reader)).count, { intervals: [10] }).toBeGreaterThan(before + 30);
    await crash(browserProcess, owner);
    await expect.poll(async () => (await facts(reader)).count, { intervals: [10] }).toBeGreaterThan(before + 90);
    if (round > 0) break;
    // One that has the file next: the tabs that work wait behind it.
    owner = await openTab();
    await open(owner);
  }
  for (const tab of [writer, rival]) await tab.evaluate(() => harness.appenders[0]!.stop());
  await expectExactly(reader, [writer, rival], 3);
});

test('a database that a browser exports is opened by another SQLite in Node, with every event, and goes on there', async ({ openTab }) => {
  const [tab, other] = [await openTab(), await openTab()];
  for (const each of [tab, other]) await open(each);
  for (let n = 0; n < 5; n++) await tab.evaluate(() => harness.store.appendToStreams(['A-1', 'B-1', 'Straße-9'].map((streamId) => ({ streamId, expectedVersion: harness.AnyVersion, events: harness.batch(20, { bytes: 200 }) }))));
  await tab.evaluate(() => harness.store.deleteStream('B-1', 100));
  const expected = await tab.evaluate(() => harness.readAll());
  // By a tab that does not have the file.
  const bytes = await other.evaluate(() => harness.exportFile());
  const file = test.info().outputPath('exported.db');
  writeFileSync(file, Uint8Array.from(bytes));

  const database = new Sqlite(file);
  expect(database.prepare('PRAGMA integrity_check').raw().get()).toEqual(['ok']);
  database.close();
  const store = await openEventStore({ storage: sqliteStorage({ name: 'exported', file }) });
  expect(await toArray(store.readAll())).toEqual(expected);
  await expect(store.appendToStream('A-1', 99, [{ type: 'Late', data: null }])).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', actualVersion: 100 });
  expect(await store.appendToStream('A-1', 100, [{ type: 'Late', data: null }])).toMatchObject({ version: 101, globalPosition: expected.at(-1)!.globalPosition + 1 });
  await store.close();
});

test('1 three tabs append and the one that has the file crashes: all that was acknowledged is there, once, and the others go on', async ({ openTab, browserProcess }) => {
  const tabs = [await openTab(), await openTab(), await openTab()] as const;
  for (const tab of tabs) await open(tab);
  const told: { append: string; version: number; globalPosition: number }[] = [];
  tabs[0].on('console', (message) => told.push(JSON.parse(message.text())));
  await tabs[2].evaluate(() => harness.follow());
  await tabs[0].evaluate(() => void harness.startAppending({ stream: 'Shared-1', size: 5, concurrency: 4 }, (ack) => console.log(JSON.stringify(ack))));
  for (const tab of [tabs[1], tabs[2]]) await tab.evaluate(() => harness.startAppending({ stream: 'Shared-1', size: 5, concurrency: 4 }));
  await expect.poll(() => told.length, { intervals: [10] }).toBeGreaterThan(20);
  await crash(browserProcess, tabs[0]);
  const before = await Promise.all([tabs[1], tabs[2]].map(acknowledged));
  for (const [i, tab] of [tabs[1], tabs[2]].entries()) await expect.poll(() => acknowledged(tab), { intervals: [10] }).toBeGreaterThan(before[i]! + 20);
  for (const tab of [tabs[1], tabs[2]]) await tab.evaluate(() => harness.appenders[0]!.stop());
  const log = await tabs[1].evaluate(() => harness.audit(harness.store));
  expect(log.problems).toEqual([]);
  for (const { append, version, globalPosition } of told) expect(log.appends[append]).toMatchObject({ version, globalPosition });
  for (const tab of [tabs[1], tabs[2]]) {
    const { acknowledged, failures } = await tab.evaluate(() => ({ ...harness.appenders[0]! }));
    expect(failures).toEqual([]);
    for (const { append, version, globalPosition } of acknowledged) expect(log.appends[append]).toMatchObject({ version, globalPosition });
  }
  await expect.poll(() => facts(tabs[2])).toMatchObject({ count: log.count, inOrder: true });
  expect(await tabs[1].evaluate(() => harness.query('SELECT * FROM pragma_integrity_check'))).toMatchObject({ rows: [['ok']] });
});

test('28 when the tab that has the file is frozen, others go on within four seconds, and what it had under way ends once when it is back', async ({ openTab, browserProcess }) => {
  const [owner, other] = [await openTab(), await openTab()];
  for (const tab of [owner, other]) await open(tab);
  await other.evaluate(() => harness.follow());
  await owner.evaluate(() => harness.startAppending({ stream: 'Owner-1', size: 3, concurrency: 3 }));
  await other.bringToFront();
  for (let round = 0; round < 5; round++) {
    const before = await acknowledged(owner);
    await expect.poll(() => acknowledged(owner), { intervals: [10] }).toBeGreaterThan(before + 5);
    const freeze = await browserProcess.freeze(owner);
    const slowestMs = await other.evaluate(async () => {
      const appender = harness.appenders[harness.startAppending({ stream: 'Other-1', size: 3, count: 5 })]!;
      await appender.done;
      return appender.slowestMs;
    });
    expect(slowestMs).toBeLessThan(4_000);
    await freeze.resume();
  }
  await owner.evaluate(() => harness.appenders[0]!.stop());
  const log = await other.evaluate(() => harness.audit(harness.store));
  expect(log.problems).toEqual([]);
  const { acknowledged: own, failures } = await owner.evaluate(() => ({ ...harness.appenders[0]! }));
  expect(failures).toEqual([]);
  for (const { append, version, globalPosition } of own) expect(log.appends[append]).toMatchObject({ version, globalPosition });
  expect(log.count).toBe(3 * (own.length + 5 * 5));
  await expect.poll(() => facts(other)).toMatchObject({ count: log.count, inOrder: true, error: undefined });
});

test('7 while the tab that has the file is stopped the others get StorageBlockedError, and what became of their appends shows by their event ids', async ({ openTab, browserProcess }) => {
  const [stopped, other] = [await openTab(), await openTab()];
  await open(stopped);
  await other.evaluate(() => harness.open({ blockedAfterMs: 2_000 }));
  const append = (ids?: readonly string[]) =>
    other.evaluate((ids) => harness.outcome(harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(2, ids && { ids }))), ids);
  expect(await append()).toMatchObject({ value: { version: 2 } });
  const { resume } = await browserProcess.stop(stopped);
  const { error } = await append();
  expect(error).toMatchObject({ code: 'STORAGE_BLOCKED', written: 'unknown' });
  expect(await other.evaluate(() => harness.failure(harness.store.head()))).toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
  resume();
  await expect.poll(() => append(error!['eventIds'] as string[])).toMatchObject({ value: { version: 4, globalPosition: 4 } });
  expect(await other.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 4, problems: [] });
});

test('29 a lock that is stolen while its holder writes leaves one writer: the browser gives the files to nobody else, and no append is lost or doubled', async ({ openTab }) => {
  const [owner, writer, thief] = [await openTab(), await openTab(), await openTab()];
  for (const tab of [owner, writer]) await open(tab);
  await writer.evaluate(() => harness.follow());
  for (const tab of [owner, writer]) await tab.evaluate(() => harness.startAppending({ stream: `Tab-${crypto.randomUUID()}`, size: 3, concurrency: 3 }));
  for (let round = 0; round < 5; round++) {
    const before = (await facts(writer)).count;
    await expect.poll(async () => (await facts(writer)).count, { intervals: [10] }).toBeGreaterThan(before + 30);
    await thief.evaluate(() => navigator.locks.request('ermine-sqlite:log', { steal: true }, () => undefined));
    await expect.poll(async () => (await facts(writer)).count, { intervals: [10] }).toBeGreaterThan(before + 90);
  }
  for (const tab of [owner, writer]) await tab.evaluate(() => harness.appenders[0]!.stop());
  await expectExactly(writer, [owner, writer], 3);
});

test('30 a second tab is served by the first, also from a worker, and one that cannot reach it gets a typed error and no empty database', async ({ openTab }) => {
  const [owner, second] = [await openTab(), await openTab()];
  await open(owner);
  await owner.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
  await open(second);
  expect(await second.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 3, problems: [] });
  expect(await lockHolders(second)).toBe(1);
  const [worker] = await Promise.all([second.waitForEvent('worker'), second.evaluate(() => void new Worker('/worker.js?storage=sqlite', { type: 'module' }))]);
  await expect.poll(() => worker.evaluate(() => 'harness' in globalThis)).toBe(true);
  await worker.evaluate(() => harness.open());
  expect(await worker.evaluate(() => harness.store.appendToStream('Order-1', 3, harness.batch(1)))).toMatchObject({ globalPosition: 4 });

  const deaf = await openTab({ before: () => Reflect.deleteProperty(globalThis, 'BroadcastChannel') });
  expect(await deaf.evaluate(() => harness.failure(harness.open({ blockedAfterMs: 2_000 })))).toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });

  // A worker may have the file as well.
  for (const tab of [owner, deaf]) await tab.close();
  await second.evaluate(() => harness.store.close());
  expect(await worker.evaluate(() => harness.store.appendToStream('Order-1', 4, harness.batch(1)))).toMatchObject({ globalPosition: 5 });
});

test('10 the files of a database that is open cannot be deleted, and when they are gone between two owners the store ends with EpochChangedError', async ({ openTab, browserProcess }) => {
  const [owner, frozen, deleting] = [await openTab(), await openTab(), await openTab()];
  for (const tab of [owner, frozen]) await open(tab);
  await owner.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3)));
  const deletion = () => deleting.evaluate(async () => harness.outcome((await navigator.storage.getDirectory()).removeEntry('ermine-sqlite', { recursive: true })));
  expect((await deletion()).error).toBeDefined();
  expect(await owner.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 3, problems: [] });

  await frozen.evaluate(() => harness.follow());
  await expect.poll(() => facts(frozen)).toMatchObject({ count: 3 });
  await deleting.bringToFront();
  const freeze = await browserProcess.freeze(frozen);
  await owner.close();
  await expect.poll(async () => (await deletion()).error).toBeUndefined();
  await freeze.resume();
  const end = () => frozen.evaluate(() => harness.failure(harness.store.head()));
  await expect.poll(async () => (await end()).code).toBe('EPOCH_CHANGED');
  await expect.poll(() => facts(frozen)).toMatchObject({ count: 3, inOrder: true, error: { code: 'EPOCH_CHANGED' } });
});

for (const [policy, code] of [
  ['strict', 'none'],
  ['no-wasm', 'STORAGE_UNAVAILABLE'],
  ['no-workers', 'STORAGE_UNAVAILABLE'],
] as const) {
  test(`under the content security policy "${policy}" opening ends with ${code}`, async ({ browserProcess, pageURL }) => {
    const tab = await openTab(browserProcess, pageURL.replace('//', `//${policy}.`));
    expect(await tab.evaluate(() => harness.failure(harness.open()))).toMatchObject({ code });
  });
}
