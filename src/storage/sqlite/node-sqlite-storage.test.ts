import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { testSqlite } from './conformance.test-fixture.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

testSqlite('SQLite in memory', { describe, it }, 10, (name) => sqliteStorage({ name, file: ':memory:' }));
testSqlite('SQLite in a file', { describe, it }, 8, (name) => sqliteStorage({ name, file: join(folder, `${name}.db`), durability: 'relaxed' }));
