import { describe, it } from 'vitest';
import { testSqlite } from './conformance.test-fixture.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

testSqlite('SQLite in memory', { describe, it }, 10, (name) => sqliteStorage({ name, file: ':memory:' }));
