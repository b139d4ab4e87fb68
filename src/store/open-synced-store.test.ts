import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { isErmineError } from '../event/errors.ts';
import type { Event } from '../event/event.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { createSyncHandler, type SyncHandler } from '../server/sync-handler.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { reject } from '../sync/conflict-policy.ts';
import { httpTransport, type Transport } from '../sync/transport.ts';
import { numbered, toArray } from '../testing/events.ts';
import { record } from '../testing/recording.ts';
import { until } from '../testing/wait.ts';
import { openEventStore } from './open-event-store.ts';
import { openSyncedStore, type OpenSyncedStoreOptions } from './open-synced-store.ts';
import type { SyncedStore } from './synced-store.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A server, and a network that can be cut. */
class Server {
  storage: Storage = memoryStorage();
  online = true;
  readonly handler: SyncHandler;

  constructor() {
    this.handler = createSyncHandler({ storage: () => this.storage, authorize: () => ({ tenant: 'shop', user: 'ada' }) });
    cleanUps.push(() => this.handler.close());
  }

  transport(): Transport {
    return httpTransport({
      url: 'https://sync.test/',
      fetch: async (url, init) => {
        if (!this.online) throw new TypeError('offline');
        return this.handler(new Request(url as string, init));
      },
    });
  }

  async device<E extends Event = Event>(options: Partial<OpenSyncedStoreOptions<E>> = {}): Promise<SyncedStore<E>> {
    const store = await openSyncedStore<E>({ storage: memoryStorage(), transport: this.transport(), locks: null, ...options });
    cleanUps.push(() => store.close());
    return store;
  }
}

async function upToDate(...stores: SyncedStore[]): Promise<void> {
  for (const store of stores) {
    await store.sync.now();
    await until('it is up to date', async () => (await firstValueFrom(store.sync.status$)).state === 'upToDate');
  }
}

function shown(events: readonly { version: number; globalPosition: number; pending?: true; data: unknown }[]): string[] {
  return events.map(({ version, globalPosition, pending, data }) => `${version}@${globalPosition}${pending ? ' pending' : ''} ${JSON.stringify(data)}`);
}

describe('a synced store', () => {
  it('appends at once, shows it as pending, and confirms it at the server’s position', async () => {
    const server = new Server();
    server.online = false;
    const store = await server.device();
    expect(await store.appendToStream('Note-1', NoStream, [{ type: 'Noted', data: 1 }])).toEqual({ version: 1, globalPosition: Infinity, deduplicated: false });
    await store.appendToStream('Note-1', 1, [{ type: 'Noted', data: 2 }]);
    expect(shown(await store.loadStream('Note-1'))).toEqual(['1@Infinity pending 1', '2@Infinity pending 2']);
    expect(await toArray(store.readAll())).toEqual([]);
    await expect(store.appendToStream('Note-1', 1, [{ type: 'Noted', data: 3 }])).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', actualVersion: 2 });
    server.online = true;
    await upToDate(store);
    expect(shown(await store.loadStream('Note-1'))).toEqual(['1@1 1', '2@2 2']);
    expect(await store.getStreamInfo('Note-1')).toMatchObject({ version: 2 });
  });

  it('brings what one device appends to the other one, live', async () => {
    const server = new Server();
    const [a, b] = [await server.device(), await server.device()];
    await upToDate(a, b);
    const seen = record(b.subscribeToAll(0));
    const watched = record(b.watchStream('Note-1'));
    await a.appendToStream('Note-1', NoStream, numbered(3));
    await seen.untilCount(3);
    expect(seen.values.map(({ globalPosition }) => globalPosition)).toEqual([1, 2, 3]);
    await watched.until('the stream is whole', (values) => values.at(-1)?.length === 3);
    seen.subscription.unsubscribe();
    watched.subscription.unsubscribe();
  });

  it('rejects what was decided on a stream that somebody else has moved, into the dead letters, and nothing else', async () => {
    const server = new Server();
    const [a, b] = [await server.device(), await server.device()];
    await a.appendToStream('Note-1', NoStream, [{ type: 'Noted', data: 'first' }]);
    await upToDate(a, b);
    server.online = false;
    await a.appendToStream('Note-1', 1, [{ type: 'Noted', data: 'of a' }]);
    await b.appendToStream('Note-1', 1, [{ type: 'Noted', data: 'of b' }]);
    await b.appendToStream('Note-1', 2, [{ type: 'Noted', data: 'of b, after it' }]);
    await b.appendToStream('Note-2', NoStream, [{ type: 'Noted', data: 'elsewhere' }]);
    server.online = true;
    await upToDate(a, b, a);
    for (const store of [a, b]) expect(shown(await store.loadStream('Note-1'))).toEqual(['1@1 "first"', '2@2 "of a"']);
    expect(await a.loadStream('Note-2')).toHaveLength(1);
    const rejected = await firstValueFrom(b.sync.rejected$);
    expect(rejected).toMatchObject([
      { events: [{ data: 'of b' }], reason: { code: 'CONCURRENCY_CONFLICT', expectedVersion: 1, actualVersion: 2 } },
      { events: [{ data: 'of b, after it' }] },
    ]);
    await b.sync.retry(rejected[0]!.commitId);
    await b.sync.edit(rejected[1]!.commitId, [{ type: 'Noted', data: 'mended' }]);
    await upToDate(b, a);
    expect(shown(await a.loadStream('Note-1')).slice(2)).toEqual(['3@4 "of b"', '4@5 "mended"']);
    expect(await firstValueFrom(b.sync.rejected$)).toEqual([]);
    await expect(b.sync.discard('no-such-commit')).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'UNKNOWN_COMMIT' });
  });

  it('decides anew, gives up with a reason, rebases, or keeps both, as the category’s policy says', async () => {
    const server = new Server();
    const a = await server.device();
    const b = await server.device({
      conflicts: {
        Seat: { redecide: (command, events) => (events.length < 3 ? [{ type: 'Taken', data: { who: (command as { who: string }).who, place: events.length + 1 } }] : reject('sold out')) },
        Counter: 'rebase',
        Text: 'keepBoth',
      },
    });
    server.online = false;
    for (const [i, store] of [a, b].entries()) {
      await store.appendToStream('Seat-1', NoStream, [{ type: 'Taken', data: { who: i, place: 1 } }], { command: { who: i } });
      await store.appendToStream('Seat-2', NoStream, numbered(i === 0 ? 3 : 1), { command: { who: i } });
      await store.appendToStream('Counter-1', NoStream, [{ type: 'Added', data: i }]);
      await store.appendToStream('Text-1', NoStream, [{ type: 'Written', data: `by ${i}` }]);
    }
    server.online = true;
    await upToDate(a, b, a);
    expect((await a.loadStream('Seat-1')).map(({ data }) => data)).toEqual([{ who: 0, place: 1 }, { who: 1, place: 2 }]);
    expect((await a.loadStream('Counter-1')).map(({ data }) => data)).toEqual([0, 1]);
    const texts = (await toArray(a.listStreams({ category: 'Text' }))).map(({ streamId }) => streamId);
    expect(texts).toHaveLength(2);
    expect((await a.loadStream(texts[1]!)).map(({ data }) => data)).toEqual(['by 1']);
    expect(await firstValueFrom(b.sync.rejected$)).toMatchObject([{ reason: { code: 'REJECTED', message: 'sold out' } }]);
  });

  it('stops only the stream whose policy throws, says so, and goes on with it when it can', async () => {
    const server = new Server();
    let broken = true;
    const a = await server.device();
    const b = await server.device({
      conflicts: {
        Bad: {
          redecide: (command) => {
            if (broken) throw new Error('cannot decide');
            return [{ type: 'Decided', data: command }];
          },
        },
      },
    });
    server.online = false;
    await a.appendToStream('Bad-1', NoStream, numbered(1));
    await b.appendToStream('Bad-1', NoStream, numbered(1), { command: 'mine' });
    await b.appendToStream('Good-1', NoStream, numbered(1));
    server.online = true;
    await upToDate(a, b);
    await b.appendToStream('Bad-1', AnyVersion, [{ type: 'Later', data: 1 }]);
    await upToDate(b, a);
    expect(await a.loadStream('Good-1')).toHaveLength(1);
    expect(await a.loadStream('Bad-1')).toHaveLength(1);
    expect((await firstValueFrom(b.sync.pending$)).map(({ stuck }) => stuck)).toEqual(['cannot decide', 'An earlier commit of the stream is stuck.']);
    broken = false;
    await upToDate(b, a);
    expect((await a.loadStream('Bad-1')).map(({ type }) => type)).toEqual(['Counted', 'Decided', 'Later']);
  });

  it('replicates what the filter wants, and takes no version of what it does not know', async () => {
    const server = new Server();
    const all = await server.device();
    const some = await server.device({ filter: { categories: ['Note'], streams: ['Task-7'] } });
    for (const stream of ['Note-1', 'Task-1', 'Task-7', 'Note-1']) await all.appendToStream(stream, AnyVersion, numbered(1));
    await upToDate(all, some);
    const seen = record(some.subscribeToAll(0));
    await seen.untilCount(3);
    expect(seen.values.map(({ globalPosition }) => globalPosition)).toEqual([1, 3, 4]);
    await expect(some.appendToStream('Task-1', 1, numbered(1))).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'NOT_REPLICATED' });
    await some.appendToStream('Task-1', AnyVersion, numbered(1));
    await upToDate(some, all);
    expect(await all.loadStream('Task-1')).toHaveLength(2);
    expect(await firstValueFrom(some.sync.pending$)).toEqual([]);
    await all.appendToStream('Note-2', NoStream, numbered(1));
    await seen.untilCount(4);
  });

  it('takes a local log along, whole, once, and leaves it as it is', async () => {
    const server = new Server();
    const storage = memoryStorage();
    const local = await openEventStore({ storage });
    await local.appendToStream('Note-1', NoStream, numbered(2));
    await local.appendToStream('Note-2', NoStream, numbered(1));
    await local.appendToStream('Note-1', 2, numbered(1, 3));
    const before = await toArray(local.readAll());
    await expect(server.device({ storage })).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'NOT_A_REPLICA' });
    const replica = memoryStorage();
    server.online = false;
    const first = await server.device({ storage: replica, adopt: storage });
    await first.close();
    const second = await server.device({ storage: replica, adopt: storage });
    expect(await second.loadStream('Note-1')).toHaveLength(3);
    server.online = true;
    await upToDate(second);
    const after = await toArray(second.readAll());
    const same = ({ id, version, timestamp, data, globalPosition }: (typeof before)[number]): unknown => [id, version, timestamp, data, globalPosition];
    expect(after.map(same)).toEqual(before.map(same));
    expect(await toArray(local.readAll())).toEqual(before);
    await local.close();
  });

  it('keeps the outbox and freezes when the server’s log is another one', async () => {
    const server = new Server();
    const storage = memoryStorage();
    const store = await server.device({ storage });
    await store.appendToStream('Note-1', NoStream, numbered(1));
    await upToDate(store);
    await store.close();
    const other = new Server();
    const again = await other.device({ storage });
    await again.appendToStream('Note-1', 1, numbered(1));
    await again.sync.now();
    expect(await firstValueFrom(again.sync.status$)).toMatchObject({ state: 'stuck', final: true, error: { code: 'SYNC_STOPPED', reason: 'EPOCH_CHANGED' } });
    expect(await again.loadStream('Note-1')).toHaveLength(2);
    const check = await openEventStore({ storage: other.storage });
    expect((await check.head()).position).toBe(0);
    await check.close();
  });

  it('stops and keeps the outbox whole when what answers makes no sense', async () => {
    const nonsense: [number, string][] = [[200, '<html>'], [200, '{}'], [200, '[]'], [404, 'Not found'], [200, '{"epoch":"x","head":"many"}']];
    for (const [status, body] of nonsense) {
      const store = await new Server().device({ transport: { send: async () => ({ status, body }), live: async () => ({ status, body }) } });
      await store.appendToStream('Note-1', NoStream, numbered(1));
      await store.sync.now();
      expect(['stuck', 'offline']).toContain((await firstValueFrom(store.sync.status$)).state);
      expect(await firstValueFrom(store.sync.pending$)).toHaveLength(1);
    }
  });

  it('puts a deletion on the server through to every replica', async () => {
    const server = new Server();
    const store = await server.device();
    await store.appendToStream('Note-1', NoStream, numbered(2));
    await upToDate(store);
    await store.sync.pause();
    await store.appendToStream('Note-1', 2, numbered(1));
    const back = await openEventStore({ storage: server.storage });
    await back.deleteStream('Note-1', 2);
    store.sync.resume();
    await upToDate(store);
    await expect(store.loadStream('Note-1')).rejects.toMatchObject({ code: 'STREAM_DELETED' });
    expect((await toArray(store.readAll())).map(({ type }) => type)).toEqual(['$streamDeleted']);
    expect(await firstValueFrom(store.sync.rejected$)).toMatchObject([{ reason: { code: 'STREAM_DELETED' } }]);
    await expect(store.deleteStream('Note-1', 1)).rejects.toMatchObject({ code: 'SYNC_REFUSED' });
    await back.close();
  });

  it('gives a repeated append the first result, while it is pending and after', async () => {
    const server = new Server();
    const store = await server.device();
    const id = '018bcfe5-6800-7000-8000-000000000001';
    const append = (): Promise<unknown> => store.appendToStream('Note-1', NoStream, [{ type: 'Noted', data: 1, id }]);
    store.sync.pause();
    await append();
    expect(await append()).toMatchObject({ version: 1, deduplicated: true });
    store.sync.resume();
    await upToDate(store);
    expect(await append()).toMatchObject({ version: 1, deduplicated: true });
    expect(await store.loadStream('Note-1')).toHaveLength(1);
    const other = store.appendToStream('Note-1', AnyVersion, [{ type: 'Noted', data: 1, id }, { type: 'Noted', data: 2 }]);
    await expect(other.catch((error: unknown) => isErmineError(error) && error.code)).resolves.toBeTypeOf('string');
  });

  it('resyncs nothing in silence: a changed filter is said', async () => {
    const server = new Server();
    const storage = memoryStorage();
    const store = await server.device({ storage, filter: { categories: ['Note'] } });
    await upToDate(store);
    await store.close();
    const again = await server.device({ storage, filter: { categories: ['Note', 'Task'] } });
    await again.sync.now();
    expect(await firstValueFrom(again.sync.status$)).toMatchObject({ state: 'stuck', error: { reason: 'SCOPE_CHANGED' } });
  });
});
