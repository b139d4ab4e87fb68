import { describe, expect, it } from 'vitest';
import { StorageBlockedError, isErmineError } from '../event/errors.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { Transport } from '../sync/transport.ts';
import { identified, numbered } from '../testing/events.ts';
import { until } from '../testing/wait.ts';
import { Server, shown, upToDate } from './synced-store.test-fixture.ts';

/** A storage in which something happens once, before or after a version is looked up. */
function hooked(): Storage & { before?: () => Promise<void>; after?: () => Promise<void> } {
  const inner = memoryStorage();
  const storage: ReturnType<typeof hooked> = {
    name: inner.name,
    async open(onConnection) {
      const log = await inner.open(onConnection);
      const streamInfo = log.streamInfo.bind(log);
      const once = async (when: 'before' | 'after'): Promise<void> => {
        const hook = storage[when];
        delete storage[when];
        await hook?.();
      };
      log.streamInfo = async (stream) => {
        await once('before');
        const info = await streamInfo(stream);
        await once('after');
        return info;
      };
      return log;
    },
  };
  return storage;
}

describe('a synced store whose storage was blocked', () => {
  it('gives the event ids of an append of which nobody knows, by which it is known again', async () => {
    const inner = memoryStorage();
    let blocked = false;
    const open: Storage['open'] = async (onConnection) => {
      const log = await inner.open(onConnection);
      const commit = log.commit.bind(log);
      log.commit = async (appends) => {
        const outcomes = await commit(appends);
        if (blocked) throw new StorageBlockedError('It took too long.', 'unknown');
        return outcomes;
      };
      return log;
    };
    const store = await new Server().device({ storage: { name: inner.name, open }, paused: true });
    const events = numbered(2);
    blocked = true;
    const error = await store.appendToStream('Note-1', NoStream, events).catch((cause: unknown) => cause);
    blocked = false;
    if (!isErmineError(error, 'STORAGE_BLOCKED')) throw error;
    const repeated = events.map((event, i) => ({ ...event, id: error.eventIds[i]! }));
    expect(await store.appendToStream('Note-1', NoStream, repeated)).toMatchObject({ version: 2, deduplicated: true });
  });
});

describe('a synced store, while something is being confirmed', () => {
  it('knows a repeated append', async () => {
    const server = new Server();
    const storage = hooked();
    const store = await server.device({ storage, paused: true });
    const events = identified(1);
    await store.appendToStream('Note-1', NoStream, events);
    await store.appendToStream('Note-1', 1, numbered(1));
    storage.before = async () => {
      store.sync.resume();
      await upToDate(store);
    };
    expect(await store.appendToStream('Note-1', AnyVersion, events)).toMatchObject({ version: 1, deduplicated: true });
    expect(await store.loadStream('Note-1')).toHaveLength(2);
  });

  it('counts what is pending from where the stream ends by then', async () => {
    const server = new Server();
    const storage = hooked();
    const inner = server.transport();
    let left = 2;
    // One commit gets through with each push, and nothing after the second.
    const transport: Transport = {
      ...inner,
      async send(route, body, signal) {
        if (route !== 'push') return inner.send(route, body, signal);
        if (left-- === 0) throw new TypeError('offline');
        const message = JSON.parse(body) as { commits: unknown[] };
        return inner.send(route, JSON.stringify({ ...message, commits: message.commits.slice(0, 1) }), signal);
      },
    };
    const store = await server.device({ storage, transport });
    await store.appendToStream('Note-1', NoStream, numbered(1));
    await upToDate(store);
    store.sync.pause();
    for (const version of [1, 2]) await store.appendToStream('Note-1', version, numbered(1, version + 1));
    storage.after = async () => {
      store.sync.resume();
      await until('one is confirmed', async () => (await store.head()).position === 2);
    };
    expect(shown(await store.loadStreamFrom('Note-1', 3))).toEqual(['3@Infinity pending {"n":3}']);
  });
});

describe('a synced store that listens', () => {
  it('ends a live stream whose lines make no sense, before it begins another', async () => {
    const server = new Server();
    const open: AbortSignal[] = [];
    const live: Transport['live'] = (_, onLine, signal) => {
      open.push(signal);
      onLine('{"head":"many"}');
      return new Promise(() => undefined);
    };
    const store = await server.device({ transport: { ...server.transport(), live } });
    await upToDate(store);
    await until('it has ended', () => open[0]?.aborted === true);
  });
});
