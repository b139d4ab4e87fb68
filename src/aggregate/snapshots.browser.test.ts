import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { aggregateStream } from './aggregate-stream.ts';
import type { IgnoredSnapshot } from './load-snapshot.ts';
import { orderDecider, type OrderEvent } from './orders.test-fixture.ts';
import { everyNEvents } from './snapshot-policy.ts';

async function open(): Promise<{ name: string; store: EventStore<OrderEvent> }> {
  const name = `snapshots-${crypto.randomUUID()}`;
  const store = await openEventStore<OrderEvent>({ storage: indexedDbStorage({ name, persist: false }) });
  await store.appendToStream('Order-1', 0, [
    { type: 'OrderPlaced', data: { sku: 'hat' } },
    ...Array.from({ length: 299 }, (_, n) => ({ type: 'ItemAdded' as const, data: { sku: `sku ${n}` } })),
  ]);
  onTestFinished(async () => {
    await store.close();
    await deleteDatabase(name);
  });
  return { name, store };
}

/** Writes into the object store of the snapshots, past the store. */
function tamper(name: string, record: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => reject(opening.error!);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('snapshots', 'readwrite');
      transaction.objectStore('snapshots').put(record, ['Order-1', '1']);
      transaction.oncomplete = () => (opening.result.close(), resolve());
      transaction.onerror = () => reject(transaction.error!);
    };
  });
}

describe('snapshots in IndexedDB', () => {
  const state = JSON.stringify({ skus: ['wrong'], shipped: true });
  it.each([
    ['torn', { version: 300, timestamp: 1, data: state.slice(0, 10) }],
    ['of another shape', { version: 299, timestamp: 1, data: '"wrong"' }],
    ['ahead of the stream', { version: 301, timestamp: 1, data: state }],
    ['far ahead of the stream', { version: 1_000_000, timestamp: 1, data: state }],
  ])('that are %s are ignored, and the whole fold is the result', async (_, record) => {
    const { name, store } = await open();
    const whole = await aggregateStream(store, 'Order-1', orderDecider);
    await tamper(name, record);
    const ignored: IgnoredSnapshot[] = [];
    const options = { snapshots: everyNEvents(100), reducerVersion: 1, onIgnoredSnapshot: (each: IgnoredSnapshot) => void ignored.push(each) };
    expect(await aggregateStream(store, 'Order-1', orderDecider, options)).toEqual(whole);
    expect(ignored).toHaveLength(1);
    expect((await store.snapshots.load('Order-1', 1))?.version).toBe(300);
    expect(await aggregateStream(store, 'Order-1', orderDecider, options)).toEqual(whole);
    expect(ignored).toHaveLength(1);
  });

  it('of an older reducer are stale: they are not even looked at', async () => {
    const { name, store } = await open();
    await tamper(name, { version: 300, timestamp: 1, data: state });
    const whole = await aggregateStream(store, 'Order-1', orderDecider);
    expect(await aggregateStream(store, 'Order-1', orderDecider, { snapshots: everyNEvents(100), reducerVersion: 2 })).toEqual(whole);
  });
});
