import { firstValueFrom, filter as where, type Observable } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '../event/event.ts';
import type { Storage } from '../storage/storage.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { projection, type DocumentProjection, type FoldProjection } from './definition.ts';
import { openProjection } from './open-projection.ts';
import type { OpenProjection } from './opened.ts';
import type { ProjectionStatus } from './status.ts';

export type ShopEvent =
  | Event<'OrderPlaced', { total: number; customer: string }>
  | Event<'OrderShipped', { carrier: string }>
  | Event<'OrderSpoiled', null>;

export interface OrderCard {
  readonly customer: string;
  readonly total: number;
  readonly state: 'placed' | 'shipped';
}

export const revenue = (version = 1, more: Partial<FoldProjection<ShopEvent, { sum: number; orders: number }>> = {}) =>
  projection<ShopEvent, { sum: number; orders: number }>({
    name: 'revenue',
    version,
    initialState: { sum: 0, orders: 0 },
    evolve: (state, event) => (event.type === 'OrderPlaced' ? { sum: state.sum + event.data.total * version, orders: state.orders + 1 } : state),
    ...more,
  });

export const orders = (version = 1, more: Partial<DocumentProjection<ShopEvent, OrderCard, 'customer' | 'total'>> = {}) =>
  projection<ShopEvent, OrderCard, 'customer' | 'total'>({
    name: 'orders',
    version,
    indexes: { customer: ({ customer }) => customer, total: ({ total }) => total },
    on: {
      OrderPlaced: ({ streamId, data }, cards) => cards.put(streamId.id, { ...data, state: 'placed' }),
      OrderShipped: ({ streamId }, cards) => cards.patch(streamId.id, { state: 'shipped' }),
      $streamDeleted: ({ streamId }, cards) => cards.delete(streamId.id),
    },
    ...more,
  });

export const placed = (total: number, customer = 'ada') => ({ type: 'OrderPlaced', data: { total, customer } }) as const;
export const shipped = { type: 'OrderShipped', data: { carrier: 'post' } } as const;

export async function openStore(storage: Storage): Promise<EventStore<ShopEvent>> {
  // What arrives does not arrive by polling.
  const store = await openEventStore<ShopEvent>({ storage, pollIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  return store;
}

export const statusOf = ({ status$ }: OpenProjection, is: (status: ProjectionStatus) => boolean): Promise<ProjectionStatus> => firstValueFrom(status$.pipe(where(is)));

export function recorded<T>(values$: Observable<T>): T[] {
  const values: T[] = [];
  const watching = values$.subscribe((value) => values.push(value));
  onTestFinished(() => watching.unsubscribe());
  return values;
}

/** What every storage with documents makes possible. */
export function testProjections(title: string, createStorage: () => Storage): void {
  describe(title, () => {
    it('a fold has every event once, in order, and follows', async () => {
      const store = await openStore(createStorage());
      for (let n = 1; n <= 5; n++) await store.appendToStream(`Order-${n}`, 0, [placed(n)]);
      const open = await openProjection(store, revenue());
      await open.waitFor(5);
      expect(await open.get()).toEqual({ sum: 15, orders: 5 });
      const { globalPosition } = await store.appendToStream('Order-6', 0, [placed(10), shipped]);
      await open.waitFor(globalPosition);
      expect(await open.get()).toEqual({ sum: 25, orders: 6 });
      expect(await statusOf(open, ({ state }) => state === 'live')).toMatchObject({ position: 7, head: 7, lag: 0, version: 1 });
    });

    it('documents are put, patched and deleted, listed by index and in pages', async () => {
      const store = await openStore(createStorage());
      const open = await openProjection(store, orders());
      for (let n = 1; n <= 6; n++) await store.appendToStream(`Order-${n}`, 0, [placed(n * 10, n % 2 ? 'ada' : 'bob')]);
      await store.appendToStream('Order-3', 1, [shipped]);
      const { globalPosition } = await store.deleteStream('Order-4', 1);
      await open.waitFor(globalPosition);
      expect(await open.get('3')).toEqual({ customer: 'ada', total: 30, state: 'shipped' });
      expect(await open.get('4')).toBeUndefined();
      const ada = await open.list({ index: 'customer', equals: 'ada', limit: 2 });
      expect(ada.documents.map(({ key }) => key)).toEqual(['1', '3']);
      expect((await open.list({ index: 'customer', equals: 'ada', limit: 2, after: ada.next! })).documents.map(({ key }) => key)).toEqual(['5']);
      const large = await open.list({ index: 'total', lower: 30, direction: 'backwards' });
      expect(large.documents.map(({ document }) => document.total)).toEqual([60, 50, 30]);
      expect((await open.list()).documents).toHaveLength(5);
      await expect(open.list({ index: 'carrier' as 'total' })).rejects.toMatchObject({ code: 'INVALID_PROJECTION' });
      await expect(open.list({ limit: 0 })).rejects.toMatchObject({ code: 'INVALID_PROJECTION' });
      await expect(open.list({ upper: 5 })).rejects.toMatchObject({ code: 'INVALID_PROJECTION' });
      await expect(open.get('')).rejects.toMatchObject({ code: 'INVALID_PROJECTION' });
    });

    it('a document is what it was when it was put or patched, whichever events are folded together', async () => {
      const store = await openStore(createStorage());
      const card = { customer: 'ada', total: 0, state: 'placed' as 'placed' | 'shipped' };
      const on: DocumentProjection<ShopEvent, OrderCard>['on'] = {
        OrderPlaced({ streamId, data }, cards) {
          // One object for all, as in a handler that spares the garbage collector.
          cards.put(streamId.id, Object.assign(card, data, { state: 'placed' }));
        },
        OrderShipped({ streamId }, cards) {
          const change: { state?: 'shipped'; lines: number[] } = { state: 'shipped', lines: [1] };
          cards.patch(streamId.id, change as Partial<OrderCard>);
          delete change.state;
          change.lines.pop();
        },
      };
      await store.appendToStreams([1, 2, 3].map((total) => ({ streamId: `Order-${total}`, expectedVersion: 0, events: total === 2 ? [placed(total), shipped] : [placed(total)] })));
      const open = await openProjection(store, orders(1, { on }));
      await open.waitFor(4);
      const { documents } = await open.list({ index: 'total' });
      expect(documents.map(({ key, document }) => [key, document.total, document.state])).toEqual([['1', 1, 'placed'], ['2', 2, 'shipped'], ['3', 3, 'placed']]);
      expect(await open.get('2')).toMatchObject({ lines: [1] });
    });

    it('watch$ fires on every handle when its own result has changed, and not when something else has', async () => {
      const storage = createStorage();
      const [store, other] = [await openStore(storage), await openStore(storage)];
      const open = await openProjection(store, orders());
      const elsewhere = await openProjection(other, orders(), { run: false });
      const [card, page] = [recorded(elsewhere.watch$('1')), recorded(elsewhere.watch$({ index: 'total', lower: 100 }))];
      await expect.poll(() => [card.length, page.length]).toEqual([1, 1]);
      await store.appendToStream('Order-1', 0, [placed(5)]);
      await expect.poll(() => card.at(-1)).toEqual({ customer: 'ada', total: 5, state: 'placed' });
      await store.appendToStream('Order-2', 0, [placed(200)]);
      await expect.poll(() => page.at(-1)?.documents.map(({ key }) => key)).toEqual(['2']);
      const { globalPosition } = await store.appendToStream('Order-2', 1, [shipped]);
      await open.waitFor(globalPosition);
      await expect.poll(() => page.at(-1)?.documents[0]?.document.state).toBe('shipped');
      expect([card.length, page.length]).toEqual([2, 3]);
    });

    it('a handler that throws stops its own projection before the event, retries it, and skips it with a record', async () => {
      const store = await openStore(createStorage());
      let mended = false;
      const failing = orders(1, {
        name: 'failing',
        on: {
          OrderPlaced: ({ streamId, data }, cards) => {
            cards.put(streamId.id, { ...data, state: 'placed' });
            if (data.total === 13 && !mended) throw new Error('Thirteen.');
            if (data.total === 14) throw new Error('Fourteen.');
          },
        },
      });
      const [bad, good] = [await openProjection(store, failing), await openProjection(store, revenue())];
      await store.appendToStreams([12, 13, 14, 15].map((total) => ({ streamId: `Order-${total}`, expectedVersion: 0, events: [placed(total)] })));
      const status = await statusOf(bad, ({ state }) => state === 'failed');
      expect(status).toMatchObject({ position: 1, lag: 3, failed: { globalPosition: 2, type: 'OrderPlaced', streamId: 'Order-13' }, error: { code: 'PROJECTION_FAILED' } });
      expect(status.error?.message).toContain('Thirteen.');
      await expect(bad.waitFor(4)).rejects.toMatchObject({ code: 'PROJECTION_FAILED', event: { globalPosition: 2 } });
      expect([await bad.get('12'), await bad.get('13')]).toEqual([{ customer: 'ada', total: 12, state: 'placed' }, undefined]);
      await good.waitFor(4);
      expect(await good.get()).toEqual({ sum: 54, orders: 4 });

      await bad.retry();
      await statusOf(bad, ({ state, position }) => state === 'failed' && position === 1);
      mended = true;
      await bad.retry();
      await statusOf(bad, ({ state, position }) => state === 'failed' && position === 2);
      expect(await bad.skip()).toMatchObject({ globalPosition: 3, reason: 'Fourteen.', version: 1 });
      await bad.waitFor(4);
      const keys = (await bad.list()).documents.map(({ key }) => key);
      expect(keys).toEqual(['12', '13', '15']);
      const skipped = [];
      for await (const event of bad.skipped()) skipped.push(event.globalPosition);
      expect(skipped).toEqual([3]);
      await expect(bad.skip()).rejects.toMatchObject({ code: 'INVALID_PROJECTION' });
    });

    it('a handler or an evolve that returns a promise is refused, with the reason', async () => {
      const store = await openStore(createStorage());
      const folding = await openProjection(store, revenue(1, { evolve: (async (state: unknown) => state) as never }));
      const writing = await openProjection(store, orders(1, { on: { OrderPlaced: async () => undefined } }));
      const patching = await openProjection(store, orders(1, { name: 'patching', on: { OrderPlaced: (_, cards) => cards.patch('1', Promise.resolve({}) as never) } }));
      await store.appendToStream('Order-1', 0, [placed(1)]);
      for (const open of [folding, writing, patching]) {
        const { error, position } = await statusOf(open, ({ state }) => state === 'failed');
        expect([position, error?.message]).toEqual([0, expect.stringMatching(open === patching ? /is \[object Promise\]/ : /returned a promise/)]);
      }
      expect(await folding.get()).toEqual({ sum: 0, orders: 0 });
    });

    it('what JSON cannot hold is refused at the event that brings it', async () => {
      const store = await openStore(createStorage());
      const spoil = revenue(1, { evolve: (state, event) => ({ sum: state.sum + (event.type === 'OrderPlaced' && event.data.total === 3 ? NaN : 1), orders: state.orders + 1 }) });
      const folding = await openProjection(store, spoil);
      const writing = await openProjection(store, orders(1, { on: { OrderPlaced: ({ data }, cards) => cards.put('a', { ...data, total: data.total === 3 ? NaN : 1, state: 'placed' }) } }));
      await store.appendToStreams([1, 2, 3, 4].map((total) => ({ streamId: `Order-${total}`, expectedVersion: 0, events: [placed(total)] })));
      for (const open of [folding, writing]) expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 2, failed: { globalPosition: 3 } });
      expect(await folding.get()).toEqual({ sum: 2, orders: 2 });
    });

    it('paused it stands still on every handle, also when opened again, until it is resumed', async () => {
      const storage = createStorage();
      const store = await openStore(storage);
      const first = await openProjection(store, revenue());
      await first.waitFor((await store.appendToStream('Order-1', 0, [placed(1)])).globalPosition);
      await first.pause();
      await statusOf(first, ({ state }) => state === 'paused');
      await first.close();
      const again = await openProjection(await openStore(storage), revenue());
      await store.appendToStream('Order-2', 0, [placed(2)]);
      expect(await statusOf(again, ({ head }) => head === 2)).toMatchObject({ state: 'paused', position: 1, lag: 1 });
      expect(await again.get()).toEqual({ sum: 1, orders: 1 });
      await again.resume();
      await again.waitFor(2);
      expect(await again.get()).toEqual({ sum: 3, orders: 2 });
    });

    it('rebuild works beside what is served, with progress, and then serves the new one', async () => {
      const storage = createStorage();
      const store = await openStore(storage);
      for (let i = 0; i < 10; i++) await store.appendToStreams(Array.from({ length: 60 }, (_, n) => ({ streamId: `Order-${i * 60 + n}`, expectedVersion: 0, events: [placed(1), shipped] })));
      const open = await openProjection(store, orders());
      await open.waitFor(1_200);
      const log = await storage.open(() => undefined);
      onTestFinished(() => log.close());
      const documents = await log.documents();
      // Something that a handler never writes shows which one is served.
      const [before] = (await documents.list({ collection: 'projections/orders/1', direction: 'forwards', limit: 1 })).documents;
      await documents.write({ puts: [{ collection: 'projections/orders/1', key: before!.key, data: JSON.stringify({ customer: 'eve', total: 0, state: 'placed' }) }] });
      const progress = recorded(open.status$);
      await open.rebuild();
      expect(await open.get(before!.key)).toEqual({ customer: 'ada', total: 1, state: 'shipped' });
      expect((await open.list({ limit: 1_000 })).documents).toHaveLength(600);
      await expect.poll(() => progress.at(-1)?.rebuild).toBeUndefined();
      expect(progress.some(({ rebuild }) => rebuild !== undefined && rebuild.version === 1)).toBe(true);
      await expect.poll(async () => (await documents.list({ collection: 'projections/orders/1', direction: 'forwards', limit: 1 })).documents).toEqual([]);
    });

    it('a rebuild that has failed is begun anew by the next one, and what is served stays meanwhile', async () => {
      const store = await openStore(createStorage());
      let spoil = (sum: number): number => sum;
      const open = await openProjection(store, revenue(1, { evolve: ({ sum, orders: count }, { data }) => ({ sum: spoil(sum + (data as { total: number }).total), orders: count + 1 }) }));
      for (const total of [1, 2, 3]) await store.appendToStream(`Order-${total}`, 0, [placed(total)]);
      await open.waitFor(3);
      // The first event of the rebuild is spoilt, and the second one is what fails.
      spoil = (sum) => (sum > 100 ? NaN : sum + 100);
      await expect(open.rebuild()).rejects.toMatchObject({ code: 'PROJECTION_FAILED', event: { globalPosition: 2 } });
      expect(await open.get()).toEqual({ sum: 6, orders: 3 });
      spoil = (sum) => sum;
      await open.rebuild();
      expect(await open.get()).toEqual({ sum: 6, orders: 3 });
      expect(await statusOf(open, ({ state }) => state === 'live')).not.toHaveProperty('rebuild');
    });

    it('another version is built beside the old one, which is served until then; the old code is told', async () => {
      const storage = createStorage();
      const store = await openStore(storage);
      const old = await openProjection(store, revenue(1));
      await store.appendToStream('Order-1', 0, [placed(7)]);
      await old.waitFor(1);
      const held = await openProjection(await openStore(storage), revenue(2), { run: false });
      expect(await held.get()).toEqual({ sum: 7, orders: 1 });
      const next = await openProjection(await openStore(storage), revenue(2));
      await statusOf(next, ({ version, rebuild }) => version === 2 && !rebuild);
      expect([await next.get(), await held.get()]).toEqual([{ sum: 14, orders: 1 }, { sum: 14, orders: 1 }]);
      await expect(old.get()).rejects.toMatchObject({ code: 'VERSION_TOO_NEW', message: expect.stringContaining('The projection "revenue" was') });
      await store.appendToStream('Order-2', 0, [placed(1)]);
      expect(await statusOf(old, ({ state }) => state === 'ended')).toMatchObject({ error: { code: 'VERSION_TOO_NEW' } });
      await next.waitFor(2);
      expect(await next.get()).toEqual({ sum: 16, orders: 2 });
    });

    it('inline it is there when the append resolves, from every store that has it, racing each other', async () => {
      const storage = createStorage();
      const stores = [await openStore(storage), await openStore(storage), await openStore(storage)];
      const without = await openStore(storage);
      const opened = [];
      for (const store of stores) opened.push([await openProjection(store, revenue(1, { inline: true })), await openProjection(store, orders(1, { inline: true }))] as const);
      await stores[0]!.appendToStream('Order-0', 0, [placed(1)]);
      expect([await opened[1]![0].get(), await opened[2]![1].get('0')]).toMatchObject([{ sum: 1, orders: 1 }, { total: 1 }]);
      await Promise.all(Array.from({ length: 24 }, (_, n) => [...stores, without][n % 4]!.appendToStream(`Order-${n + 1}`, 0, [placed(1), shipped])));
      const { globalPosition } = await stores[1]!.appendToStream('Order-last', 0, [placed(5)]);
      expect(globalPosition).toBe(50);
      for (const [sum, cards] of opened) {
        expect(await sum.get()).toEqual({ sum: 30, orders: 26 });
        expect((await cards.list({ limit: 1_000 })).documents).toHaveLength(26);
        expect((await cards.list({ index: 'total', equals: 5 })).documents).toMatchObject([{ key: 'last' }]);
      }
    });

    it('inline the first append is in it, whether somebody has begun to run it or not', async () => {
      const store = await openStore(createStorage());
      const [sum, cards] = [await openProjection(store, revenue(1, { inline: true }), { run: false }), await openProjection(store, orders(1, { inline: true }), { run: false })];
      await store.appendToStream('Order-1', 0, [placed(7)]);
      expect([await sum.get(), await cards.get('1')]).toMatchObject([{ sum: 7, orders: 1 }, { total: 7 }]);
    });

    it('an append goes through although an inline projection fails at it, which then stands before it', async () => {
      const store = await openStore(createStorage());
      const open = await openProjection(store, orders(1, { inline: true, on: { OrderSpoiled: () => { throw new Error('Spoiled.'); }, OrderPlaced: ({ streamId, data }, cards) => cards.put(streamId.id, { ...data, state: 'placed' }) } }));
      await store.appendToStream('Order-1', 0, [placed(1)]);
      expect((await store.appendToStream('Order-2', 0, [{ type: 'OrderSpoiled', data: null }])).globalPosition).toBe(2);
      await expect(store.appendToStream('Order-2', 0, [placed(1)])).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', actualVersion: 1 });
      expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 1 });
      await open.skip();
      await open.waitFor(2);
      await store.appendToStream('Order-3', 0, [placed(1)]);
      expect(await open.get('3')).toBeDefined();
    });

    it('waiting ends with its signal, and with the store', async () => {
      const store = await openStore(createStorage());
      const open = await openProjection(store, revenue());
      const controller = new AbortController();
      const [aborted, closed] = [open.waitFor(9, { signal: controller.signal }), open.waitFor(9)];
      aborted.catch(() => undefined);
      closed.catch(() => undefined);
      controller.abort(new Error('Enough.'));
      await expect(aborted).rejects.toThrow('Enough.');
      await expect(open.waitFor(1, { signal: controller.signal })).rejects.toThrow('Enough.');
      await store.close();
      await expect(closed).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    });
  });
}
