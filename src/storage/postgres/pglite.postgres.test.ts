import { PGlite } from '@electric-sql/pglite';
import { afterAll, describe, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage } from '../../testing/storage-conformance.ts';
import { postgresStorage } from './postgres-storage.ts';

const client = await PGlite.create();
afterAll(() => client.close());

testStorage(
  { name: 'PGlite', createStorage: () => postgresStorage({ client, tenant: crypto.randomUUID() }), seed: seedOfRun(), randomRuns: 10 },
  { describe, it },
);
