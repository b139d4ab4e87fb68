import { testStorage, type TestFramework } from '../../testing/storage-conformance.ts';
import { indexedDbStorage } from './indexeddb-storage.ts';

/** Runs the suite with a database of its own for every rule. */
export function testIndexedDb(name: string, framework: TestFramework): void {
  const namesByStorage = new Map<string, string>();
  testStorage(
    {
      name,
      createStorage() {
        const database = `conformance-${crypto.randomUUID()}`;
        const storage = indexedDbStorage({ name: database, persist: false });
        namesByStorage.set(storage.name, database);
        return storage;
      },
      disposeStorage: (storage) => deleteDatabase(namesByStorage.get(storage.name)!),
    },
    framework,
  );
}

/** Waits for it: a database that a handle keeps open would show here. */
export function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error(`The database ${name} is still open.`));
  });
}
