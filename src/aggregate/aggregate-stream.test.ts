import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { AnyVersion } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { aggregateStream, type AggregateOptions } from './aggregate-stream.ts';
import type { IgnoredSnapshot } from './load-snapshot.ts';
import { orderDecider, type Order, type OrderEvent } from './orders.test-fixture.ts';
import { everyNEvents, neverSnapshot, olderThan } from './snapshot-policy.ts';

const added = (count: number, from = 0): { type: 'ItemAdded'; data: { sku: string } }[] =>
  Array.from({ length: count }, (_, n) => ({ type: 'ItemAdded', data: { sku: `sku ${from + n}` } }));

async function openWith(count: number): Promise<{ store: EventStore<OrderEvent>; storage: Storage }> {
  const storage = memoryStorage();
  const store = await openEventStore<OrderEvent>({ storage });
  if (count > 0) await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: { sku: 'first' } }, ...added(count - 1)]);
  return { store, storage };
}

/** Counts the events that a fold goes through. */
function counting(): { folded: () => number; decider: typeof orderDecider } {
  let count = 0;
  const evolve: typeof orderDecider.evolve = (order, event) => (count++, orderDecider.evolve(order, event));
  return { folded: () => ((n) => ((count = 0), n))(count), decider: { ...orderDecider, evolve } };
}

describe('aggregating a stream', () => {
  it('gives the state and the version, and the initial state at 0 for a stream that does not exist', async () => {
    const { store } = await openWith(3);
    expect(await aggregateStream(store, 'Order-1', orderDecider)).toEqual({ state: { skus: ['first', 'sku 0', 'sku 1'], shipped: false }, version: 3 });
    expect(await aggregateStream(store, 'Order-2', orderDecider)).toEqual({ state: undefined, version: 0 });
    await store.truncateStream('Order-1', 4);
    expect(await aggregateStream(store, 'Order-1', orderDecider)).toEqual({ state: undefined, version: 3 });
  });

  it('goes on from a snapshot, which is made when a batch reaches or crosses a multiple', async () => {
    const { store } = await openWith(9);
    const { folded, decider } = counting();
    const load = (): ReturnType<typeof aggregateStream<Order | undefined, OrderEvent>> => aggregateStream(store, 'Order-1', decider, { snapshots: everyNEvents(10) });
    await load();
    expect(await store.snapshots.load('Order-1')).toBeUndefined();
    await store.appendToStream('Order-1', 9, added(4, 100));
    folded();
    const first = await load();
    expect([folded(), (await store.snapshots.load('Order-1'))?.version]).toEqual([13, 13]);
    expect(await load()).toEqual(first);
    expect(folded()).toBe(0);
    await store.appendToStream('Order-1', 13, added(6, 200));
    expect((await load()).state?.skus).toHaveLength(19);
    expect([folded(), (await store.snapshots.load('Order-1'))?.version]).toEqual([6, 13]);
    await store.appendToStream('Order-1', 19, added(25, 300));
    expect((await load()).version).toBe(44);
    expect((await store.snapshots.load('Order-1'))?.version).toBe(44);
  });

  it('makes none of a state that would be read as something else, unless its schema makes it anew', async () => {
    const { store } = await openWith(2);
    class Counter {
      constructor(readonly n: number) {}
      isEven(): boolean {
        return this.n % 2 === 0;
      }
    }
    const reducer = { initialState: () => ({ at: new Date(0), counter: new Counter(0) }), evolve: (state: { at: Date; counter: Counter }) => ({ at: new Date(1), counter: new Counter(state.counter.n + 1) }) };
    const ignored: IgnoredSnapshot[] = [];
    const options: AggregateOptions<ReturnType<typeof reducer.initialState>> = { snapshots: everyNEvents(1), onIgnoredSnapshot: (each) => ignored.push(each) };
    for (let i = 0; i < 2; i++) {
      const { state } = await aggregateStream(store, 'Order-1', reducer, options);
      expect([state.at, state.counter.isEven()]).toEqual([new Date(1), true]);
    }
    expect(ignored.map(({ reason, cause }) => `${reason}: ${String(cause)}`)).toEqual(Array(2).fill(expect.stringMatching(/could not be kept: .*state\.at is no plain object \(Date\)/)));
    const stateSchema = v.object({
      at: v.pipe(v.string(), v.transform((text) => new Date(text))),
      counter: v.pipe(v.object({ n: v.number() }), v.transform(({ n }) => new Counter(n))),
    });
    for (let i = 0; i < 2; i++) {
      const { state } = await aggregateStream(store, 'Order-1', reducer, { ...options, stateSchema });
      expect([state.at, state.counter.isEven()]).toEqual([new Date(1), true]);
    }
    expect([ignored.length, (await store.snapshots.load('Order-1'))?.version]).toEqual([2, 2]);
  });

  it('makes one when the last is too old, or never', async () => {
    const { store } = await openWith(5);
    await aggregateStream(store, 'Order-1', orderDecider, { snapshots: neverSnapshot });
    expect(await store.snapshots.load('Order-1')).toBeUndefined();
    await aggregateStream(store, 'Order-1', orderDecider, { snapshots: olderThan(60_000) });
    expect((await store.snapshots.load('Order-1'))?.version).toBe(5);
    await store.appendToStream('Order-1', 5, added(1));
    await aggregateStream(store, 'Order-1', orderDecider, { snapshots: olderThan(60_000) });
    expect((await store.snapshots.load('Order-1'))?.version).toBe(5);
    await aggregateStream(store, 'Order-1', orderDecider, { snapshots: olderThan(0) });
    expect((await store.snapshots.load('Order-1'))?.version).toBe(6);
  });

  it.each([0, -1, 1.5, NaN])('every %s events is no policy', (n) => {
    expect(() => everyNEvents(n)).toThrow(RangeError);
  });

  it('uses the snapshot of its own reducer version only', async () => {
    const { store } = await openWith(5);
    await store.snapshots.save({ streamId: 'Order-1', version: 5, data: 'of an older reducer', reducerVersion: 1 });
    const { state } = await aggregateStream(store, 'Order-1', orderDecider, { snapshots: everyNEvents(5), reducerVersion: 2 });
    expect(state?.skus).toHaveLength(5);
    expect((await store.snapshots.load('Order-1', 2))?.version).toBe(5);
  });

  it('stays right over a stream whose events before the snapshot were truncated', async () => {
    const { store } = await openWith(10);
    const options = { snapshots: everyNEvents(10) };
    const { state } = await aggregateStream(store, 'Order-1', orderDecider, options);
    await store.truncateStream('Order-1', 11);
    expect(await aggregateStream(store, 'Order-1', orderDecider, options)).toEqual({ state, version: 10 });
    await store.appendToStream('Order-1', 10, added(1, 99));
    expect((await aggregateStream(store, 'Order-1', orderDecider, options)).state?.skus).toHaveLength(11);
  });

  const schema = v.optional(v.object({ skus: v.array(v.string()), shipped: v.boolean() }));
  it.each<[string, { version: number; data: unknown }, AggregateOptions<Order | undefined>, RegExp]>([
    ['that is ahead of the stream', { version: 11, data: { skus: [], shipped: true } }, {}, /it is at version 11, and the stream is not/],
    ['that the events after it do not fit', { version: 5, data: 'no order' }, {}, /do not fit/],
    ['that its schema refuses', { version: 10, data: { skus: [1] } }, { stateSchema: schema }, /refuses it: state\.skus\[0\]/],
  ])('ignores a snapshot %s, tells of it, and replaces it', async (_, snapshot, more, reason) => {
    const { store } = await openWith(10);
    await store.snapshots.save({ streamId: 'Order-1', ...snapshot });
    const ignored: IgnoredSnapshot[] = [];
    const options = { snapshots: everyNEvents(5), onIgnoredSnapshot: (each: IgnoredSnapshot) => void ignored.push(each), ...more };
    const { state, version } = await aggregateStream(store, 'Order-1', orderDecider, options);
    expect([state?.skus.length, state?.shipped, version]).toEqual([10, false, 10]);
    expect(ignored).toEqual([expect.objectContaining({ streamId: { category: 'Order', id: '1' }, reason: expect.stringMatching(reason) })]);
    expect((await store.snapshots.load('Order-1'))?.version).toBe(10);
    await aggregateStream(store, 'Order-1', orderDecider, options);
    expect(ignored).toHaveLength(1);
  });

  it.each([NaN, 0, -1, 1.5, Infinity, '5', null])('ignores a snapshot whose version is %s, and replaces it', async (version) => {
    const { store, storage } = await openWith(10);
    const log = await storage.open(() => undefined);
    await log.snapshots.save('Order-1', '', { version: version as number, timestamp: 1, data: '{"skus":["spoiled"]}' });
    const reasons: string[] = [];
    const { state } = await aggregateStream(store, 'Order-1', orderDecider, { snapshots: everyNEvents(5), onIgnoredSnapshot: ({ reason }) => void reasons.push(reason) });
    expect([state?.skus.length, reasons]).toEqual([10, ['it cannot be read']]);
    expect((await store.snapshots.load('Order-1'))?.version).toBe(10);
  });

  it('takes a snapshot of a clock that was ahead for an old one, and tells its own time whatever clock the store has', async () => {
    const storage = memoryStorage();
    const store = await openEventStore<OrderEvent>({ storage, clock: () => Date.now() + 3_600_000 });
    await store.appendToStream('Order-1', 0, added(2));
    await store.snapshots.save({ streamId: 'Order-1', version: 1, data: { skus: ['sku 0'], shipped: false } });
    const load = () => aggregateStream(store, 'Order-1', orderDecider, { snapshots: olderThan(60_000) });
    const before = Date.now();
    await load();
    const { version, timestamp } = (await store.snapshots.load('Order-1'))!;
    expect([version, timestamp! >= before && timestamp! <= Date.now()]).toEqual([2, true]);
  });

  it('lets an error of the reducer through, and the reason of a signal', async () => {
    const { store } = await openWith(0);
    await store.appendToStream('Order-1', AnyVersion, added(1));
    await expect(aggregateStream(store, 'Order-1', orderDecider)).rejects.toThrow(TypeError);
    await expect(aggregateStream(store, 'Order-1', orderDecider, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
