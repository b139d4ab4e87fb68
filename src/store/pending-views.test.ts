import { describe, expect, it } from 'vitest';
import type { Event, StoredEvent } from '../event/event.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { projection } from '../projection/definition.ts';
import { openProjection } from '../projection/open-projection.ts';
import { orders, placed, recorded, revenue, shipped, type ShopEvent } from '../projection/projections.test-fixture.ts';
import type { DocumentQuery } from '../projection/query.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { sqliteStorage } from '../storage/sqlite/node-sqlite-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { numbered, range } from '../testing/events.ts';
import { nextTask } from '../testing/wait.ts';
import { openEventStore } from './open-event-store.ts';
import { Server, upToDate } from './synced-store.test-fixture.ts';

const PENDING = { pending: true } as const;

const line = ({ globalPosition, streamId, version, data }: StoredEvent): string => `${globalPosition} ${streamIdToString(streamId)} ${version} ${JSON.stringify(data)}`;

/** All that it was given, in order. */
const seen = projection<Event, string[]>({ name: 'seen', version: 1, initialState: [], evolve: (lines, event) => [...lines, line(event)] });

const counted = projection<Event<'Counted', { n: number }>, number[]>({
  name: 'counted',
  version: 1,
  initialState: [],
  evolve: (numbers, event) => {
    // It may change what it is given, and then must not be given that twice.
    if (event.type === 'Counted') numbers.push(event.data.n);
    return numbers;
  },
});

/** A storage whose answers take their time, each another one, so that everything comes between everything else. */
function slow(storage: Storage): Storage {
  const slowed = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          for (let turns = Math.floor(Math.random() * 5); turns > 0; turns--) await nextTask();
          const result = (await value.apply(target, args)) as unknown;
          return name === 'documents' ? slowed(result as object) : result;
        };
      },
    });
  return { ...storage, open: async (onConnection) => slowed(await storage.open(onConnection)) };
}

describe.each([
  ['in memory', memoryStorage],
  ['in SQLite', () => sqliteStorage({ name: crypto.randomUUID(), file: ':memory:' })],
])('a read model with what is pending, %s', (_, createStorage) => {
  it('has the confirmed log and then the pending events in their order, at their provisional versions', async () => {
    const server = new Server();
    const [store, other] = [await server.device({ storage: createStorage() }), await server.device({ storage: createStorage() })];
    const open = await openProjection(store, seen);
    expect(await open.get(PENDING)).toEqual([]);
    await store.appendToStream('Note-1', NoStream, numbered(1));
    await upToDate(store, other);
    server.online = false;
    await store.appendToStream('Task-1', NoStream, numbered(1, 2));
    await store.appendToStreams([
      { streamId: 'Note-1', expectedVersion: 1, events: numbered(1, 3) },
      { streamId: 'Task-1', expectedVersion: AnyVersion, events: numbered(1, 4) },
    ]);
    await other.appendToStream('Task-1', NoStream, numbered(2, 7));
    const pending = ['Infinity Task-1 1 {"n":2}', 'Infinity Note-1 2 {"n":3}', 'Infinity Task-1 2 {"n":4}'];
    expect(await open.get(PENDING)).toEqual(['1 Note-1 1 {"n":1}', ...pending]);
    expect(await open.get()).toEqual(['1 Note-1 1 {"n":1}']);

    // What others have put before it moves it.
    server.online = true;
    await upToDate(other);
    store.sync.pause();
    expect(await open.get(PENDING)).toEqual(['1 Note-1 1 {"n":1}', ...pending]);
  });

  it('shows each event once and goes back for none while they are confirmed', async () => {
    const server = new Server();
    const store = await server.device({ storage: slow(createStorage()) });
    const open = await openProjection(store, counted);
    const [shown, confirmed] = [recorded(open.watch$(PENDING)), recorded(open.watch$())];
    for (const n of range(1, 60)) {
      await store.appendToStream('Counter-1', AnyVersion, [{ type: 'Counted', data: { n } }]);
      // Nobody waits before it is asked about.
      expect(await open.get(PENDING)).toEqual(range(1, n));
    }
    await upToDate(store);
    await expect.poll(() => confirmed.at(-1)).toHaveLength(60);
    await expect.poll(() => shown.at(-1)).toHaveLength(60);
    for (const [i, numbers] of shown.entries()) {
      expect(numbers).toEqual(range(1, 60).slice(0, numbers.length));
      expect(numbers.length).toBeGreaterThanOrEqual(shown[i - 1]?.length ?? 0);
    }
  });

  it('counts provisional versions on from what others have put before them meanwhile', async () => {
    const server = new Server();
    const other = await server.device();
    const store = await server.device({ storage: createStorage(), conflicts: { Seat: { redecide: () => { throw new Error('not now'); } } } });
    // One that keeps up, and one that never runs, so that the answer rests on all of the log.
    const [running, idle] = [await openProjection(store, seen), await openProjection(store, { ...seen, name: 'idle' }, { run: false })];
    server.online = false;
    await store.appendToStream('Seat-1', NoStream, numbered(2), { command: 'take it' });
    const lines: string[] = [];
    for (const open of [running, idle]) expect(await open.get(PENDING)).toEqual(['Infinity Seat-1 1 {"n":1}', 'Infinity Seat-1 2 {"n":2}']);
    server.online = true;
    for (const n of range(1, 4)) {
      await other.appendToStream('Seat-1', n - 1, numbered(1, 10 + n));
      await upToDate(other, store);
      lines.push(`${n} Seat-1 ${n} {"n":${10 + n}}`);
      const expected = [...lines, `Infinity Seat-1 ${n + 1} {"n":1}`, `Infinity Seat-1 ${n + 2} {"n":2}`];
      expect((await store.loadStream('Seat-1')).map(line)).toEqual(expected);
      for (const open of [running, idle]) expect(await open.get(PENDING)).toEqual(expected);
      await running.waitFor(n);
      expect(await running.get(PENDING)).toEqual(expected);
    }
  });

  it('lets go of what is rejected, and has what is decided anew as it is then', async () => {
    const server = new Server();
    const a = await server.device({ storage: createStorage() });
    const b = await server.device({ storage: createStorage(), conflicts: { Seat: { redecide: (command) => [{ type: 'Taken', data: `${command as string} at last` }] } } });
    const open = await openProjection(b, seen);
    const shown = recorded(open.watch$(PENDING));
    server.online = false;
    for (const [i, store] of [a, b].entries()) {
      await store.appendToStream('Note-1', NoStream, [{ type: 'Written', data: `by ${i}` }]);
      await store.appendToStream('Seat-1', NoStream, [{ type: 'Taken', data: `by ${i}` }], { command: `by ${i}` });
    }
    await expect.poll(() => shown.at(-1)).toEqual(['Infinity Note-1 1 "by 1"', 'Infinity Seat-1 1 "by 1"']);
    server.online = true;
    await upToDate(a, b);
    const all = ['1 Note-1 1 "by 0"', '2 Seat-1 1 "by 0"', '3 Seat-1 2 "by 1 at last"'];
    await expect.poll(() => shown.at(-1)).toEqual(all);
    expect(await open.get(PENDING)).toEqual(all);
  });

  it('lists and finds documents as they will be when all is confirmed', async () => {
    const server = new Server();
    const store = await server.device<ShopEvent>({ storage: createStorage() });
    const open = await openProjection(store, orders());
    const totals = [30, 10, 20, 20, 50, 0, 40, -5, 20.5, 1e9];
    for (const [n, total] of totals.entries()) await store.appendToStream(`Order-${n}`, NoStream, [placed(total, n % 2 ? 'ada' : 'bob')]);
    await upToDate(store);
    await open.waitFor(totals.length);
    server.online = false;
    const page = recorded(open.watch$({ index: 'customer', equals: 'ada' }, PENDING));
    for (const n of [1, 4, 7]) await store.appendToStream(`Order-${n}`, 1, [shipped]);
    // Known ones move in the index, new ones come between, and one again and again.
    for (const [n, total] of [[2, 45], [9, 15]] as const) await store.appendToStream(`Order-${n}`, 1, [placed(total, 'cy')]);
    for (const n of range(10, 25)) await store.appendToStream(`Order-${n}`, NoStream, [placed(n * 2, n % 3 ? 'ada' : 'cy'), shipped]);

    const queries: DocumentQuery<'total' | 'customer'>[] = (['forwards', 'backwards'] as const).flatMap((direction) => [
      { direction },
      { direction, limit: 3 },
      { direction, limit: 1 },
      { direction, lower: '2', upper: '4', limit: 2 },
      { direction, index: 'total', limit: 4 },
      { direction, index: 'total', lower: 10, upper: 45, limit: 2 },
      { direction, index: 'total', equals: 20, limit: 1 },
      { direction, index: 'customer', equals: 'cy', limit: 3 },
      { direction, index: 'customer', equals: 'nobody' },
    ]);
    /** Every page of each query. */
    const answers = async (options?: typeof PENDING): Promise<unknown[]> => {
      const pages: unknown[] = [];
      for (const query of queries) {
        for (let page = await open.list(query, options); ; page = await open.list({ ...query, after: page.next }, options)) {
          pages.push(page);
          if (!page.next) break;
        }
      }
      return [...pages, ...(await Promise.all(range(0, 26).map((n) => open.get(`${n}`, options))))];
    };
    const [before, expected] = [await answers(), await answers(PENDING)];
    expect(before).not.toEqual(expected);
    expect(await open.get('10', PENDING)).toEqual({ customer: 'ada', total: 20, state: 'shipped' });
    server.online = true;
    await upToDate(store);
    await open.waitFor((await store.head()).position);
    expect(await answers()).toEqual(expected);
    expect(await answers(PENDING)).toEqual(expected);
    await expect.poll(() => page.at(-1)).toEqual(await open.list({ index: 'customer', equals: 'ada' }));
  });

  it('has all of the log, however far the projection has come', async () => {
    const server = new Server();
    const [store, other] = [await server.device({ storage: createStorage() }), await server.device({ storage: createStorage() })];
    const [running, idle] = [await openProjection(store, counted), await openProjection(store, { ...counted, name: 'idle' }, { run: false })];
    await running.pause();
    for (const n of range(1, 20)) await other.appendToStream(`Counter-${n}`, NoStream, numbered(1, n));
    await upToDate(other, store);
    server.online = false;
    await store.appendToStream('Counter-7', 1, numbered(2, 21));
    for (const open of [running, idle]) {
      expect(await open.get()).toEqual([]);
      expect(await open.get(PENDING)).toEqual(range(1, 22));
    }
    await running.resume();
    await running.waitFor(20);
    expect(await running.get(PENDING)).toEqual(range(1, 22));
  });

  it('has of what the projection filters only that, and nothing that waits on a stream that was deleted', async () => {
    const server = new Server();
    const store = await server.device({ storage: createStorage() });
    const open = await openProjection(store, { ...seen, filter: { categories: ['Note'], types: ['Counted'] } });
    await store.appendToStream('Note-1', NoStream, numbered(1));
    await upToDate(store);
    server.online = false;
    await store.appendToStream('Note-1', 1, numbered(1, 2));
    await store.appendToStream('Note-2', NoStream, [...numbered(1, 3), ...numbered(1, 4, 'Uncounted')]);
    await store.appendToStream('Task-1', NoStream, numbered(1, 5));
    expect((await open.get(PENDING)).map((text) => text.split(' ')[1])).toEqual(['Note-1', 'Note-1', 'Note-2']);
    const back = await openEventStore({ storage: server.storage });
    await back.deleteStream('Note-1', 1);
    await back.close();
    server.online = true;
    await upToDate(store);
    expect((await open.get(PENDING)).map((text) => text.split(' ')[1])).toEqual(['Note-1', 'Note-2']);
  });

  it('ends with the error of an event that the projection fails at', async () => {
    const server = new Server();
    const store = await server.device<ShopEvent>({ storage: createStorage() });
    const spoiled = revenue(1, {
      evolve: (state, event) => {
        if (event.type === 'OrderSpoiled') throw new Error('it is spoiled');
        return { ...state, orders: state.orders + 1 };
      },
    });
    const open = await openProjection(store, spoiled);
    const error = new Promise((_, reject) => open.watch$(PENDING).subscribe({ error: reject }));
    server.online = false;
    await store.appendToStream('Order-1', NoStream, [placed(1)]);
    expect(await open.get(PENDING)).toMatchObject({ orders: 1 });
    await store.appendToStream('Order-2', NoStream, [{ type: 'OrderSpoiled', data: null }]);
    await expect(open.get(PENDING)).rejects.toMatchObject({ code: 'PROJECTION_FAILED', event: { type: 'OrderSpoiled', streamId: 'Order-2', globalPosition: Infinity } });
    await expect(error).rejects.toThrow('Projection "revenue" failed at the pending event OrderSpoiled of Order-2: it is spoiled');
    expect(await open.get()).toMatchObject({ orders: 0 });
  });

  it('is what is served while that was made by other code', async () => {
    const server = new Server();
    const store = await server.device<ShopEvent>({ storage: createStorage() });
    const first = await openProjection(store, revenue(1));
    await store.appendToStream('Order-1', NoStream, [placed(5)]);
    await upToDate(store);
    await first.waitFor(1);
    await first.close();
    server.online = false;
    await store.appendToStream('Order-2', NoStream, [placed(7)]);
    const second = await openProjection(store, revenue(2), { run: false });
    expect(await second.get(PENDING)).toEqual({ sum: 5, orders: 1 });
    await second.close();
    const running = await openProjection(store, revenue(2));
    await expect.poll(() => running.get(PENDING)).toEqual({ sum: 24, orders: 2 });
  });

  it('completes with the projection, and is what is stored where nothing can be pending', async () => {
    const server = new Server();
    const store = await server.device({ storage: createStorage() });
    const open = await openProjection(store, counted);
    const completed = new Promise<void>((complete) => open.watch$(PENDING).subscribe({ complete }));
    await open.close();
    await completed;
    const plain = await openEventStore({ storage: server.storage });
    const stored = await openProjection(plain, counted);
    const { globalPosition } = await plain.appendToStream('Counter-1', NoStream, numbered(3));
    await stored.waitFor(globalPosition);
    expect(await stored.get(PENDING)).toEqual([1, 2, 3]);
    await plain.close();
  });
});
