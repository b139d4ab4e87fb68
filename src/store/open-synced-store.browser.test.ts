import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { projection } from '../projection/definition.ts';
import { openProjection } from '../projection/open-projection.ts';
import { createSyncHandler } from '../server/sync-handler.ts';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { httpTransport, type Transport } from '../sync/transport.ts';
import { numbered, range, toArray } from '../testing/events.ts';
import { record } from '../testing/recording.ts';
import { until } from '../testing/wait.ts';
import { openSyncedStore, type OpenSyncedStoreOptions } from './open-synced-store.ts';
import type { SyncedStore } from './synced-store.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A server in this page; only the wire is missing. */
function serve(): { transport: Transport; network: { online: boolean } } {
  const storage = memoryStorage();
  const handler = createSyncHandler({ storage: () => storage, authorize: () => ({ tenant: 'shop', user: 'ada' }) });
  cleanUps.push(() => handler.close());
  const network = { online: true };
  const transport = httpTransport({
    url: 'https://sync.test',
    fetch: async (url, init) => {
      if (!network.online) throw new TypeError('offline');
      return handler(new Request(url as string, init));
    },
  });
  return { transport, network };
}

/** Opens tabs on one database. */
function device(transport: Transport, options: Partial<OpenSyncedStoreOptions> = {}): () => Promise<SyncedStore> {
  const name = `replica-${crypto.randomUUID()}`;
  cleanUps.push(() => deleteDatabase(name));
  return async () => {
    const store = await openSyncedStore({ storage: indexedDbStorage({ name, persist: false, durability: 'relaxed' }), transport, ...options });
    cleanUps.push(() => store.close());
    return store;
  };
}

async function untilUpToDate(store: SyncedStore): Promise<void> {
  await store.sync.now();
  await until('the outbox is empty', async () => (await firstValueFrom(store.sync.pending$)).length === 0);
}

describe('a synced store on IndexedDB', () => {
  it('keeps what is pending over a restart, and confirms it once', async () => {
    const { transport, network } = serve();
    const open = device(transport);
    network.online = false;
    const first = await open();
    for (let n = 0; n < 20; n++) await first.appendToStream(`Note-${n % 3}`, AnyVersion, numbered(1, n));
    await first.close();
    const second = await open();
    expect((await firstValueFrom(second.sync.pending$)).length).toBe(20);
    network.online = true;
    await untilUpToDate(second);
    const events = await toArray(second.readAll());
    expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(range(0, 19));
    expect(events.map(({ globalPosition }) => globalPosition)).toEqual(range(1, 20));
  });

  it('has tabs that see each other’s pending events, check against them, and sync one of them at a time', async () => {
    const { transport, network } = serve();
    const open = device(transport);
    const [a, b] = [await open(), await open()];
    await untilUpToDate(a);
    network.online = false;
    await a.appendToStream('Note-1', NoStream, numbered(1));
    expect(await b.loadStream('Note-1')).toMatchObject([{ pending: true, globalPosition: Infinity }]);
    await expect(b.appendToStream('Note-1', NoStream, numbered(1))).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', actualVersion: 1 });
    const results = await Promise.allSettled([a, b, a, b].map((tab, i) => tab.appendToStream('Note-1', 1, numbered(1, i))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const seen = record(b.subscribeToAll(0));
    network.online = true;
    await Promise.all([a.sync.now(), b.sync.now()]);
    await seen.untilCount(2);
    expect(await a.loadStream('Note-1')).toMatchObject([{ version: 1, globalPosition: 1 }, { version: 2, globalPosition: 2 }]);
  });

  it('leads no longer when its lock is stolen: it stands by while somebody else has it, and goes on afterwards', async () => {
    const { transport } = serve();
    const store = await device(transport)();
    await untilUpToDate(store);
    const state = async (): Promise<string> => (await firstValueFrom(store.sync.status$)).state;
    await expect.poll(state).toBe('upToDate');
    const { held = [] } = await navigator.locks.query();
    const { name } = held.find((lock) => lock.name!.startsWith('ermine-sync:'))!;
    await navigator.locks.request(name!, { steal: true }, async () => {
      await expect.poll(state).toBe('standby');
      await store.appendToStream('Note-1', NoStream, numbered(1));
    });
    await expect.poll(state).toBe('upToDate');
    await until('the outbox is empty', async () => (await firstValueFrom(store.sync.pending$)).length === 0);
  });

  it('shows no event twice and none missing while tabs append, sync and read all at once', async () => {
    const { transport } = serve();
    const open = device(transport, { locks: null });
    const tabs = [await open(), await open()];
    let appending = true;
    const appends = tabs.map(async (tab, which) => {
      for (let n = 0; n < 30; n++) await tab.appendToStream('Note-1', AnyVersion, numbered(1, which * 100 + n));
    });
    const reads = tabs.map(async (tab) => {
      let least = 0;
      while (appending) {
        const events = await tab.loadStream('Note-1');
        expect(events.map(({ version }) => version)).toEqual(range(1, events.length).slice(0, events.length));
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
        expect(events.length).toBeGreaterThanOrEqual(least);
        least = events.length;
      }
    });
    await Promise.all(appends);
    await Promise.all(tabs.map(untilUpToDate));
    appending = false;
    await Promise.all(reads);
    for (const tab of tabs) expect(await tab.loadStream('Note-1')).toHaveLength(60);
  });

  it('keeps a part of the server’s log at its positions, and follows it', async () => {
    const { transport } = serve();
    const all = await device(transport)();
    const open = device(transport, { filter: { categories: ['Note'] } });
    const some = await open();
    const seen = record(some.subscribeToAll(0));
    for (let n = 0; n < 30; n++) await all.appendToStream(n % 3 === 0 ? `Note-${n}` : `Task-${n}`, NoStream, numbered(1, n));
    await untilUpToDate(all);
    await some.sync.now();
    const positions = range(0, 9).map((n) => 3 * n + 1);
    expect((await seen.untilCount(10)).map(({ globalPosition }) => globalPosition)).toEqual(positions);
    expect((await toArray((await open()).readAll())).map(({ globalPosition }) => globalPosition)).toEqual(positions);
  });

  it('feeds a projection with what is confirmed, whichever tab syncs and whichever runs it', async () => {
    const { transport, network } = serve();
    const open = device(transport);
    const [a, b] = [await open(), await open()];
    await untilUpToDate(a);
    network.online = false;
    const total = projection<Event<'Counted', { n: number }>, number[]>({
      name: 'total',
      version: 1,
      initialState: [],
      evolve: (numbers, event) => (event.type === 'Counted' ? [...numbers, event.data.n] : numbers),
    });
    const [first, second] = [await openProjection(a, total), await openProjection(b, total)];
    for (let n = 0; n < 10; n++) await [a, b][n % 2]!.appendToStream('Note-1', AnyVersion, numbered(1, n));
    expect(await second.get()).toEqual([]);
    network.online = true;
    await untilUpToDate(b);
    const { position } = await b.head();
    await Promise.all([first.waitFor(position), second.waitFor(position)]);
    expect([await first.get(), await second.get()]).toEqual([range(0, 9), range(0, 9)]);
    await a.close();
    await b.appendToStream('Note-1', AnyVersion, numbered(1, 10));
    await second.waitFor(11);
    expect(await second.get()).toEqual(range(0, 10));
  });

  it('shows in every tab what any of them has pending, in documents and in their order', async () => {
    const { transport, network } = serve();
    const open = device(transport);
    const [a, b] = [await open(), await open()];
    const notes = projection<Event<'Counted', { n: number }>, { n: number }, 'n'>({
      name: 'notes',
      version: 1,
      indexes: { n: ({ n }) => n },
      on: { Counted: ({ streamId, data }, documents) => documents.put(streamId.id, data) },
    });
    const [first, second] = [await openProjection(a, notes), await openProjection(b, notes)];
    for (let n = 0; n < 10; n++) await a.appendToStream(`Note-${n}`, NoStream, numbered(1, n * 10));
    await untilUpToDate(a);
    await first.waitFor(10);
    network.online = false;
    const pages: (readonly string[])[] = [];
    const watching = second.watch$({ index: 'n', lower: 20, limit: 4 }, { pending: true }).subscribe(({ documents }) => pages.push(documents.map(({ key, document: { n } }) => `${key}: ${n}`)));
    cleanUps.push(async () => watching.unsubscribe());
    await until('the confirmed ones are there', () => pages.length > 0);
    expect(pages).toEqual([['2: 20', '3: 30', '4: 40', '5: 50']]);
    await a.appendToStream('Note-3', 1, numbered(1, 95));
    await b.appendToStream('Note-new', NoStream, numbered(1, 44));
    const expected = ['2: 20', '4: 40', 'new: 44', '5: 50'];
    await until('the pending ones are there', () => pages.at(-1)!.join() === expected.join());
    expect((await second.list({ index: 'n', lower: 20, limit: 4 })).documents.map(({ key }) => key)).toEqual(['2', '3', '4', '5']);
    expect((await first.list({ index: 'n', direction: 'backwards', limit: 1 }, { pending: true })).documents).toEqual([{ key: '3', document: { n: 95 } }]);
    const count = pages.length;
    network.online = true;
    await untilUpToDate(b);
    await second.waitFor(12);
    expect((await second.list({ index: 'n', lower: 20, limit: 4 })).documents.map(({ key, document: { n } }) => `${key}: ${n}`)).toEqual(expected);
    // That all of it is confirmed changes nothing in the picture.
    expect(pages.slice(count)).toEqual([]);
  });

  it('hands over every append of every tab when another part of the log is replicated from then on', async () => {
    const { transport } = serve();
    const all = await device(transport)();
    for (let n = 0; n < 30; n++) await all.appendToStream(`Task-${n % 3}`, AnyVersion, numbered(1, n));
    await untilUpToDate(all);
    const name = `replica-${crypto.randomUUID()}`;
    const open = async (category: string, ...more: string[]): Promise<SyncedStore> => {
      const storage = (generation: number) => indexedDbStorage({ name: `${name}-${generation}`, persist: false, durability: 'relaxed' });
      const store = await openSyncedStore({ storage, transport, filter: { categories: [category, ...more] } });
      cleanUps.push(() => store.close());
      return store;
    };
    cleanUps.push(() => deleteDatabase(`${name}-0`), () => deleteDatabase(`${name}-1`));
    const first = await open('Note');
    await untilUpToDate(first);
    await first.close();

    // Each tab appends for as long as it is let, while one of them moves.
    const tabs = [await open('Note', 'Task'), await open('Note', 'Task')];
    const acknowledged: string[] = [];
    await Promise.all(
      tabs.map(async (tab, i) => {
        for (let n = 0; ; n++) {
          const id = crypto.randomUUID();
          try {
            await tab.appendToStream(`Note-${i}`, AnyVersion, [{ type: 'Noted', data: n, id }]);
          } catch (error) {
            expect(error).toMatchObject({ code: 'SYNC_REFUSED', reason: 'MOVED' });
            return;
          }
          acknowledged.push(id);
        }
      }),
    );
    for (const tab of tabs) await tab.close();
    const next = await open('Note', 'Task');
    expect(await next.loadStream('Task-1')).toHaveLength(10);
    await untilUpToDate(next);
    await untilUpToDate(all);
    const stored = (await toArray(all.readAll())).filter(({ streamId }) => streamId.category === 'Note').map(({ id }) => id);
    expect(stored.toSorted()).toEqual(acknowledged.toSorted());
    expect((await toArray(next.readAll())).map(({ id }) => id)).toEqual((await toArray(all.readAll())).map(({ id }) => id));
  });
});
