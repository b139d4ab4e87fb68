import { describe, it } from 'vitest';
import { testSqlite } from './conformance.test-fixture.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

testSqlite('SQLite in the browser', { describe, it }, 8, (name) => sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker }), removeDatabase);
