import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage, type TestFramework } from '../../testing/storage-conformance.ts';
import type { Storage } from '../storage.ts';

/** Runs the suite with a database of its own for every log. */
export function testSqlite(
  name: string,
  framework: TestFramework,
  randomRuns: number,
  createStorage: (database: string) => Storage,
  removeDatabase: (database: string) => Promise<void> = async () => undefined,
): void {
  const databases = new Map<Storage, string>();
  testStorage(
    {
      name,
      createStorage() {
        const database = `conformance-${crypto.randomUUID()}`;
        const storage = createStorage(database);
        databases.set(storage, database);
        return storage;
      },
      disposeStorage: (storage) => removeDatabase(databases.get(storage)!),
      seed: seedOfRun(),
      supports: { replicas: true },
      randomRuns,
    },
    framework,
  );
}
