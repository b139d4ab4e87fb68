import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { isErmineError } from '../event/errors.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Transport } from '../sync/transport.ts';
import { numbered, range, toArray } from '../testing/events.ts';
import { record } from '../testing/recording.ts';
import { openEventStore } from './open-event-store.ts';
import { Server, shown, upToDate } from './synced-store.test-fixture.ts';

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

  it('never counts an event twice that is confirmed while the next one is decided on', async () => {
    const server = new Server();
    server.online = false;
    const storage = memoryStorage();
    let beforeVersion: (() => Promise<void>) | undefined;
    const open: typeof storage.open = async (onConnection) => {
      const log = await storage.open(onConnection);
      const streamInfo = log.streamInfo.bind(log);
      log.streamInfo = async (stream) => {
        const wait = beforeVersion;
        beforeVersion = undefined;
        await wait?.();
        return streamInfo(stream);
      };
      return log;
    };
    const store = await server.device({ storage: { name: storage.name, open } });
    await store.appendToStream('Note-1', NoStream, numbered(1));
    beforeVersion = async () => {
      server.online = true;
      await upToDate(store);
    };
    expect(await store.appendToStream('Note-1', 1, numbered(1, 2))).toMatchObject({ version: 2 });
    await upToDate(store);
    expect(shown(await store.loadStream('Note-1'))).toEqual(['1@1 {"n":1}', '2@2 {"n":2}']);
  });

  it('pushes a long outbox without looking at its streams again, until somebody else moves one', async () => {
    const server = new Server();
    server.online = false;
    const storage = memoryStorage();
    let looks = 0;
    const open: typeof storage.open = async (onConnection) => {
      const log = await storage.open(onConnection);
      const streamInfo = log.streamInfo.bind(log);
      log.streamInfo = (stream) => {
        looks++;
        return streamInfo(stream);
      };
      return log;
    };
    const store = await server.device({ storage: { name: storage.name, open } });
    for (let n = 0; n < 600; n++) await store.appendToStream(`Note-${n % 20}`, Math.floor(n / 20), numbered(1, n));
    server.online = true;
    looks = 0;
    await upToDate(store);
    expect(looks).toBeLessThanOrEqual(20);
    expect(await store.loadStream('Note-7')).toHaveLength(30);

    const other = await server.device();
    await upToDate(other);
    store.sync.pause();
    await other.appendToStream('Note-3', 30, numbered(1));
    await upToDate(other);
    for (const stream of ['Note-3', 'Note-4']) await store.appendToStream(stream, 30, numbered(1));
    store.sync.resume();
    await upToDate(store);
    expect(await firstValueFrom(store.sync.rejected$)).toMatchObject([{ reason: { code: 'CONCURRENCY_CONFLICT', stream: 'Note-3', actualVersion: 31 } }]);
    expect(await store.loadStream('Note-4')).toHaveLength(31);
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
      expect(await firstValueFrom(store.sync.status$)).toMatchObject({ state: 'stuck', final: false, error: { reason: 'MALFORMED_ANSWER' } });
      expect(await firstValueFrom(store.sync.pending$)).toHaveLength(1);
    }
  });

  it('pushes less at a time where something before the server takes less than the server does, and says so when a commit alone is too large for it', async () => {
    const server = new Server();
    const http = server.transport();
    const pushed: number[] = [];
    const send: Transport['send'] = async (route, body, signal) => {
      if (body.length > 3_000) return { status: 413, body: '<html>Request Entity Too Large' };
      if (route === 'push') pushed.push((JSON.parse(body) as { commits: unknown[] }).commits.length);
      return http.send(route, body, signal);
    };
    const store = await server.device({ transport: { ...http, send }, paused: true });
    const note = (size: number) => [{ type: 'Noted', data: 'x'.repeat(size) }];
    for (let n = 0; n < 40; n++) await store.appendToStream('Note-1', n, note(n === 20 ? 2_500 : 100));
    store.sync.resume();
    await upToDate(store);
    expect((await store.loadStream('Note-1')).map(({ globalPosition }) => globalPosition)).toEqual(range(1, 40));
    expect(pushed.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(pushed.length).toBeLessThan(20);
    await store.appendToStream('Note-1', 40, note(3_000));
    await store.sync.now();
    expect(await firstValueFrom(store.sync.status$)).toMatchObject({ state: 'stuck', final: false, error: { reason: 'TOO_LARGE' } });
    expect(await firstValueFrom(store.sync.pending$)).toHaveLength(1);
  });

  it('takes an answer that was cut for no answer, and says why there is none', async () => {
    const sends: [Transport['send'], RegExp][] = [
      [async () => ({ status: 200, body: '{"epoch":"x","he' }), /cut/],
      [async () => ({ status: 200, body: '' }), /cut/],
      [() => Promise.reject(new Error('no session')), /no session/],
    ];
    for (const [send, why] of sends) {
      const store = await new Server().device({ transport: { send, live: () => Promise.reject(new Error('none')) } });
      await store.sync.now();
      const status = await firstValueFrom(store.sync.status$);
      expect(status).toMatchObject({ state: 'offline' });
      expect(status.state === 'offline' && status.error.message).toMatch(why);
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

  it('says so when the filter is another one, and stops where it has one storage only', async () => {
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
