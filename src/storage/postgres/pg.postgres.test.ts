import { afterAll, describe, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage } from '../../testing/storage-conformance.ts';
import { postgresStorage } from './postgres-storage.ts';
import { createPool } from './server.test-env.ts';

const client = createPool();
afterAll(() => client.end());

testStorage(
  { name: 'PostgreSQL with pg', createStorage: () => postgresStorage({ client, tenant: crypto.randomUUID(), schema: 'with_pg' }), seed: seedOfRun(), randomRuns: 20 },
  { describe, it },
);
