import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { startPostgres } from '../../scripts/postgres-server.mjs';
import { Chromium } from './chromium.ts';
import { SyncServer, TOKEN } from './sync-server.ts';
import { expect, test as base } from './test.ts';

/** A browser on a profile of its own, which outlives it. */
class Device {
  readonly #profile: string;
  readonly #page: string;
  readonly #url: string;
  #browser: Chromium | undefined;

  constructor(profile: string, page: string, url: string) {
    this.#profile = profile;
    this.#page = page;
    this.#url = url;
  }

  async open(): Promise<Page> {
    this.#browser ??= await Chromium.start(this.#profile);
    const tab = await this.#browser.context.newPage();
    await tab.goto(this.#page);
    await tab.waitForFunction(() => 'syncHarness' in globalThis, undefined, { polling: 10 });
    await tab.evaluate(([url, token]) => syncHarness.open(url, token), [this.#url, TOKEN] as const);
    return tab;
  }

  async offline(offline: boolean): Promise<void> {
    await this.#browser!.context.setOffline(offline);
  }

  /** A tab that another one is in front of. */
  freeze(tab: Page): Promise<{ resume(): Promise<void> }> {
    return this.#browser!.freeze(tab);
  }

  /** A tab whose process ends at once. */
  async crash(tab: Page): Promise<void> {
    const crashed = tab.waitForEvent('crash');
    const session = await this.#browser!.context.newCDPSession(tab);
    // Nobody is left to answer.
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await tab.close();
  }

  async kill(): Promise<void> {
    await this.#browser?.kill();
    this.#browser = undefined;
  }
}

const test = base.extend<{ server: SyncServer; device: () => Promise<Device> }>({
  server: async ({ baseURL }, use) => {
    const database = await startPostgres();
    const { host, port, user, database: name } = database;
    const server = await SyncServer.start(new URL(baseURL!).origin, `postgres://${user}@${host}:${port}/${name}`);
    await use(server);
    await server.stop();
    await database.stop();
  },
  device: async ({ baseURL, server }, use) => {
    const devices: [Device, string][] = [];
    await use(async () => {
      const profile = await mkdtemp(join(tmpdir(), 'ermine-device-'));
      const device = new Device(profile, `${baseURL}/sync.html`, server.url);
      devices.push([device, profile]);
      return device;
    });
    for (const [device, profile] of devices) {
      await device.kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    }
  },
});

test.describe.configure({ timeout: 240_000 });

/** Until nothing waits any more and it has what the server has. */
async function upToDate(tab: Page, events?: number): Promise<void> {
  await expect
    .poll(
      async () => {
        await tab.evaluate(() => syncHarness.store.sync.now());
        const { pending, state } = await tab.evaluate(() => syncHarness.waiting());
        const all = events === undefined ? [] : await tab.evaluate(() => syncHarness.all());
        return { pending, state, events: events === undefined ? undefined : all.length };
      },
      { timeout: 30_000 },
    )
    .toEqual({ pending: 0, state: 'upToDate', events });
}

test('two devices that were offline on the same streams converge, each category by its policy', async ({ device }) => {
  const [one, two] = [await device(), await device()];
  const [a, b] = await Promise.all([one.open(), two.open()]);
  for (const [dev, tab, name] of [[one, a, 'a'], [two, b, 'b']] as const) {
    await upToDate(tab);
    await dev.offline(true);
    for (const stream of ['Reject-1', 'Decide-1', 'Rebase-1', 'Both-1']) await tab.evaluate(([stream, name]) => syncHarness.append(stream, syncHarness.NoStream, name, name), [stream, name] as const);
    expect((await tab.evaluate(() => syncHarness.waiting())).pending).toBe(4);
  }
  for (const [dev, tab] of [[one, a], [two, b], [one, a]] as const) {
    await dev.offline(false);
    await upToDate(tab);
  }
  const expected = { 'Reject-1': ['a'], 'Decide-1': ['a', { command: 'b', after: 1 }], 'Rebase-1': ['a', 'b'], 'Both-1': ['a'] };
  for (const [stream, data] of Object.entries(expected)) {
    for (const tab of [a, b]) expect(await tab.evaluate((stream) => syncHarness.load(stream), stream)).toEqual(data);
  }
  expect((await b.evaluate(() => syncHarness.waiting())).rejected).toEqual([{ data: 'b', code: 'CONCURRENCY_CONFLICT' }]);
  expect(await a.evaluate(() => syncHarness.all())).toEqual(await b.evaluate(() => syncHarness.all()));
});

test('what one device appends reaches the other one without being asked for', async ({ device }) => {
  const [one, two] = [await device(), await device()];
  const [a, b] = await Promise.all([one.open(), two.open()]);
  await upToDate(a);
  await upToDate(b);
  await a.evaluate(() => syncHarness.append('Note-1', 0, 'hello'));
  await expect.poll(() => b.evaluate(() => syncHarness.load('Note-1')), { timeout: 15_000 }).toEqual(['hello']);
});

test('nothing that was acknowledged is lost or doubled when browsers and the server are killed at any moment', async ({ device, server }) => {
  const devices = [await device(), await device()];
  const acknowledged = new Set<string>();
  for (let round = 1; round <= 3; round++) {
    const tabs = await Promise.all(devices.map((one) => one.open()));
    for (const [i, tab] of tabs.entries()) {
      tab.on('console', (message) => {
        if (message.text().startsWith('ack ')) acknowledged.add(message.text().slice(4));
      });
      await tab.evaluate((name) => void syncHarness.appendForEver(name), `d${i}r${round}`);
    }
    const enough = acknowledged.size + 60;
    await expect.poll(() => acknowledged.size, { timeout: 30_000, intervals: [20] }).toBeGreaterThan(enough);
    // One after the other is cut off in the middle of what it does.
    await server.kill();
    await devices[round % 2]!.kill();
    await server.start();
    await devices[(round + 1) % 2]!.kill();
  }
  const [a, b] = await Promise.all([devices[0]!.open(), devices[1]!.open()]);
  await upToDate(a);
  await upToDate(b);
  const events = await b.evaluate(() => syncHarness.all());
  await upToDate(a, events.length);
  const marks = events.map(({ data }) => (data as { mark: string }).mark);
  expect(new Set(marks).size, 'no event is there twice').toBe(marks.length);
  expect([...acknowledged].filter((mark) => !marks.includes(mark)), 'what was acknowledged and is not there').toEqual([]);
  expect(events.map(({ globalPosition }) => globalPosition)).toEqual(events.map((_, i) => i + 1));
  expect(await a.evaluate(() => syncHarness.all())).toEqual(events);
});

test('28 a leading tab that freezes while it pushes holds sync up for a bounded time, and what it still sends is written once', async ({ device, server }) => {
  const [one, two] = [await device(), await device()];
  const leader = await one.open();
  await upToDate(leader);
  const other = await one.open();
  await expect.poll(async () => (await other.evaluate(() => syncHarness.waiting())).state).toBe('standby');
  let letGo: () => void = () => undefined;
  const isLetGo = new Promise<void>((resolve) => (letGo = resolve));
  const late: string[] = [];
  const held = new Promise<void>((resolve) => {
    void leader.route(`${server.url}/push`, async (route) => {
      resolve();
      await isLetGo;
      const response = await route.fetch();
      const { results } = (await response.json()) as { results: { status: string }[] };
      late.push(...results.map(({ status }) => status));
      await route.fulfill({ response });
    });
  });
  await leader.evaluate(() => syncHarness.append('Note-1', 0, 1));
  await held;
  await other.bringToFront();
  const { resume } = await one.freeze(leader);
  await other.evaluate(() => syncHarness.append('Note-1', 1, 2));
  // It waits a second, as the harness says, and asks nobody to hurry.
  await expect.poll(async () => (await other.evaluate(() => syncHarness.waiting())).pending, { timeout: 10_000 }).toBe(0);

  letGo();
  await expect.poll(() => late).toEqual(['seen']);
  await resume();
  await leader.evaluate(() => syncHarness.append('Note-1', 2, 3));
  const reader = await two.open();
  for (const tab of [leader, other, reader]) {
    await upToDate(tab, 3);
    expect(await tab.evaluate(() => syncHarness.load('Note-1'))).toEqual([1, 2, 3]);
  }
});

test('of three tabs that come back online every event is pushed once and shown in all, though the leading one crashes in the middle of a push, and the next one of a pull', async ({ device, server }) => {
  const one = await device();
  const tabs = [await one.open(), await one.open(), await one.open()];
  await upToDate(tabs[0]!);
  const stateOf = async (tab: Page) => (await tab.evaluate(() => syncHarness.waiting())).state;
  let events = 0;
  for (const route of ['push', 'pull'] as const) {
    await expect.poll(async () => (await Promise.all(tabs.map(stateOf))).filter((state) => state === 'standby').length).toBe(tabs.length - 1);
    const states = await Promise.all(tabs.map(stateOf));
    const leader = tabs.find((_, i) => states[i] !== 'standby')!;
    await one.offline(true);
    for (const [i, tab] of tabs.entries()) {
      await tab.evaluate((name) => Promise.all(Array.from({ length: 50 }, (_, n) => syncHarness.append(`Note-${n % 3}`, syncHarness.AnyVersion, `${name} ${n}`))), `${route} ${i}`);
      events += 50;
    }
    // What the server answers does not arrive any more.
    let answered = false;
    await leader.route(`${server.url}/${route}`, async (request) => {
      await request.fetch();
      answered = true;
    });
    await one.offline(false);
    await expect.poll(() => answered).toBe(true);
    await one.crash(leader);
    tabs.splice(tabs.indexOf(leader), 1);
    // Nobody asks for it.
    for (const tab of tabs) {
      await expect.poll(async () => (await tab.evaluate(() => syncHarness.all())).length).toBe(events);
      expect(await tab.evaluate(() => syncHarness.waiting())).toMatchObject({ pending: 0, rejected: [] });
    }
    tabs.push(await one.open());
  }
  await upToDate(tabs.at(-1)!, events);
  const all = await tabs.at(-1)!.evaluate(() => syncHarness.all());
  expect(new Set(all.map(({ data }) => data)).size).toBe(events);
  for (const tab of tabs) expect(await tab.evaluate(() => syncHarness.all())).toEqual(all);
});

test('a server that is asked to stop answers what has come in and ends', async ({ server, device }) => {
  const tab = await (await device()).open();
  await tab.evaluate(() => syncHarness.append('Note-1', 0, 'before'));
  await upToDate(tab);
  expect(await server.stop()).toBe(0);
  await tab.evaluate(() => syncHarness.append('Note-1', 1, 'while it is away'));
  await server.start();
  await upToDate(tab, 2);
});
