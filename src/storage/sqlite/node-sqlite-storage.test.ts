import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { testSqlite } from './conformance.test-fixture.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

testSqlite('SQLite in a file', { describe, it }, 8, (name) => sqliteStorage({ name, file: join(folder, `${name}.db`), durability: 'relaxed' }));

it('SQLite in Node is that of Node itself where there is one, and that of better-sqlite3 otherwise', async () => {
  const sql = 'SELECT sqlite_version()';
  const expected = process.versions['sqlite'] ?? new (await import('better-sqlite3')).default(':memory:').prepare(sql).raw().get();
  expect((await sqliteStorage({ name: 'version', file: ':memory:' }).query(sql)).rows).toEqual([[expected].flat()]);
});
