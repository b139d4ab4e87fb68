import { onTestFinished } from 'vitest';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { testProjections } from './projections.test-fixture.ts';

testProjections('projections in IndexedDB', () => {
  const name = `projections-${crypto.randomUUID()}`;
  // Registered first, so run last, when every store is closed.
  onTestFinished(() => deleteDatabase(name));
  return indexedDbStorage({ name, persist: false });
});
