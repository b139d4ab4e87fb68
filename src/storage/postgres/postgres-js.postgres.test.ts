import postgres from 'postgres';
import { afterAll, describe, inject, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { testStorage } from '../../testing/storage-conformance.ts';
import { postgresStorage } from './postgres-storage.ts';

const { host, port, user, database } = inject('postgres');
const client = postgres({ host, port, user, database, onnotice: () => undefined });
afterAll(() => client.end());

testStorage(
  { name: 'PostgreSQL with postgres.js', createStorage: () => postgresStorage({ client, tenant: crypto.randomUUID(), schema: 'with_postgres_js' }), seed: seedOfRun(), randomRuns: 10 },
  { describe, it },
);
