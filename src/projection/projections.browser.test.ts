import { describe, it, onTestFinished } from 'vitest';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { survivesCrashes } from './crashes.test-fixture.ts';
import { testProjections } from './projections.test-fixture.ts';

testProjections('projections in IndexedDB', () => {
  const name = `projections-${crypto.randomUUID()}`;
  // Registered first, so run last, when every store is closed.
  onTestFinished(() => deleteDatabase(name));
  return indexedDbStorage({ name, persist: false });
});

describe('projections in IndexedDB under crashes', () => {
  it('are the fold of what they have checkpointed, whichever write crashes and whichever tabs take over from each other', async () => {
    let name = '';
    const createStorage = () => indexedDbStorage({ name: (name = `crashes-${crypto.randomUUID()}`), durability: 'relaxed', persist: false });
    await survivesCrashes(createStorage, 15, () => deleteDatabase(name));
  });
});
