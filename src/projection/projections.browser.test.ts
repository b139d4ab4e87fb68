import { describe, expect, it, onTestFinished } from 'vitest';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { survivesCrashes } from './crashes.test-fixture.ts';
import { openProjection } from './open-projection.ts';
import { openStore, placed, revenue, testProjections } from './projections.test-fixture.ts';

testProjections('projections in IndexedDB', () => {
  const name = `projections-${crypto.randomUUID()}`;
  // Registered first, so run last, when every store is closed.
  onTestFinished(() => deleteDatabase(name));
  return indexedDbStorage({ name, persist: false });
});

describe('a projection whose leader does nothing', () => {
  it('is run by another tab after a while', async () => {
    const name = `stalled-${crypto.randomUUID()}`;
    onTestFinished(() => deleteDatabase(name));
    // As a frozen tab does, this holds the lock.
    let letGo = (): void => undefined;
    const held = navigator.locks.request(`ermine:indexeddb:${name}:projection:revenue:1`, () => new Promise<void>((resolve) => (letGo = resolve)));
    onTestFinished(() => (letGo(), held));
    const store = await openStore(indexedDbStorage({ name, persist: false }));
    const waiting = await openProjection(store, revenue());
    // It makes itself known first, as it did before it was frozen.
    await waiting.pause();
    await waiting.resume();
    const { globalPosition } = await store.appendToStream('Order-1', 0, [placed(3)]);
    await waiting.waitFor(globalPosition);
    expect(await waiting.get()).toEqual({ sum: 3, orders: 1 });
  });
});

describe('projections in IndexedDB under crashes', () => {
  it('are the fold of what they have checkpointed, whichever write crashes and whichever tabs take over from each other', async () => {
    let name = '';
    const createStorage = () => indexedDbStorage({ name: (name = `crashes-${crypto.randomUUID()}`), durability: 'relaxed', persist: false });
    await survivesCrashes(createStorage, 15, () => deleteDatabase(name));
  });
});
