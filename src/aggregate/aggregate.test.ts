import { describe, expect, it } from 'vitest';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { Aggregate, createRepository, type EvolvedEvent } from './aggregate.ts';
import type { OrderEvent } from './orders.test-fixture.ts';
import { everyNEvents } from './snapshot-policy.ts';

class Order extends Aggregate<{ skus: readonly string[]; shipped: boolean }, OrderEvent> {
  protected initialState(): { skus: readonly string[]; shipped: boolean } {
    return { skus: [], shipped: false };
  }

  protected evolve(state: { skus: readonly string[]; shipped: boolean }, event: EvolvedEvent<OrderEvent>): { skus: readonly string[]; shipped: boolean } {
    return event.type === 'OrderShipped' ? { ...state, shipped: true } : { ...state, skus: [...state.skus, event.data.sku] };
  }

  add(sku: string): void {
    if (this.state.shipped) throw new Error('It is shipped.');
    this.apply({ type: this.state.skus.length === 0 ? 'OrderPlaced' : 'ItemAdded', data: { sku } });
  }

  ship(): void {
    if (!this.state.shipped) this.apply({ type: 'OrderShipped', data: { carrier: 'post' } });
  }
}

const open = (): Promise<EventStore<OrderEvent>> => openEventStore<OrderEvent>({ storage: memoryStorage() });

describe('an aggregate', () => {
  it('is made of its events, and saves those that its methods apply', async () => {
    const orders = createRepository(await open(), () => new Order());
    const order = await orders.load('Order-1');
    expect([order.version, order.state]).toEqual([0, { skus: [], shipped: false }]);
    order.add('hat');
    order.add('shirt');
    expect(order.pendingEvents.map(({ type }) => type)).toEqual(['OrderPlaced', 'ItemAdded']);
    await orders.save('Order-1', order);
    order.ship();
    order.ship();
    await orders.save('Order-1', order);
    await orders.save('Order-1', order);
    expect([order.version, order.pendingEvents]).toEqual([3, []]);
    const again = await orders.load('Order-1');
    expect([again.version, again.state]).toEqual([3, { skus: ['hat', 'shirt'], shipped: true }]);
    expect(() => again.add('sock')).toThrow('It is shipped.');
  });

  it('is refused when another one was saved meanwhile, and keeps what it was to save', async () => {
    const orders = createRepository(await open(), () => new Order());
    const [one, other] = [await orders.load('Order-1'), await orders.load('Order-1')];
    one.add('hat');
    other.add('shirt');
    await orders.save('Order-1', one);
    await expect(orders.save('Order-1', other)).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT' });
    expect(other.pendingEvents).toHaveLength(1);
  });

  it('is worked on while it is saved: what is applied meanwhile is saved the next time, and in no snapshot before', async () => {
    const store = await open();
    const orders = createRepository(store, () => new Order(), { snapshots: everyNEvents(1) });
    const order = await orders.load('Order-1');
    order.add('hat');
    const saving = orders.save('Order-1', order);
    order.add('shirt');
    await saving;
    expect((await orders.load('Order-1')).state.skus).toEqual(['hat']);
    expect([order.version, order.pendingEvents.length]).toEqual([1, 1]);
    await orders.save('Order-1', order);
    expect((await orders.load('Order-1')).state.skus).toEqual(['hat', 'shirt']);
    expect((await store.loadStream('Order-1')).map(({ data }) => data)).toEqual([{ sku: 'hat' }, { sku: 'shirt' }]);
  });

  it('keeps snapshots by its policy, each time a multiple is crossed', async () => {
    const store = await open();
    const orders = createRepository(store, () => new Order(), { snapshots: everyNEvents(3) });
    const order = await orders.load('Order-1');
    const versions = [];
    for (let n = 1; n <= 7; n++) {
      order.add(`sku ${n}`);
      await orders.save('Order-1', order);
      versions.push((await store.snapshots.load('Order-1'))?.version ?? 0);
    }
    expect(versions).toEqual([0, 0, 3, 3, 3, 6, 6]);
    expect((await orders.load('Order-1')).state.skus).toHaveLength(7);
  });
});
