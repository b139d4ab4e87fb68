import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage, type TestFramework } from '../../testing/storage-conformance.ts';
import { indexedDbStorage } from './indexeddb-storage.ts';

/** Runs the suite with a database of its own for every log. */
export function testIndexedDb(name: string, framework: TestFramework, randomRuns: number): void {
  const databases = new Map<string, string>();
  testStorage(
    {
      name,
      createStorage() {
        const database = `conformance-${crypto.randomUUID()}`;
        const storage = indexedDbStorage({ name: database, persist: false });
        databases.set(storage.name, database);
        return storage;
      },
      disposeStorage: (storage) => deleteDatabase(databases.get(storage.name)!),
      seed: seedOfRun(),
      supports: { replicas: true },
      randomRuns,
    },
    framework,
  );
}

/** Fails when a handle keeps the database open. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error(`The database ${name} is still open.`));
  });
}
