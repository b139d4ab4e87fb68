import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { range } from '../../testing/events.ts';
import { testSqlite } from './conformance.test-fixture.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

testSqlite('SQLite in a file', { describe, it }, 8, (name) => sqliteStorage({ name, file: join(folder, `${name}.db`), durability: 'relaxed' }));

it('a process that writes holds up nobody who reads, documents in the order of an index too', async () => {
  const file = join(folder, 'held.db');
  const log = await sqliteStorage({ name: 'held', file }).open(() => undefined);
  const documents = await log.documents();
  await documents.write({ puts: range(1, 5).map((n) => ({ collection: 'c', key: `${n}`, data: `${n}`, indexes: { n: n + 0.1 } })) });
  // Another connection, as of another process.
  const other = process.versions['sqlite'] ? new (await import('node:sqlite')).DatabaseSync(file) : new (await import('better-sqlite3')).default(file);
  other.exec('BEGIN IMMEDIATE');
  // Who writes has to wait for it, and in the end gives up.
  expect(await documents.get([{ collection: 'c', key: '1' }, { collection: 'c', key: '6' }])).toEqual(['1', undefined]);
  const page = await documents.list({ collection: 'c', index: 'n', direction: 'forwards', limit: 3 });
  expect(page).toMatchObject({ documents: [{ key: '1' }, { key: '2' }, { key: '3' }], next: { key: '3', value: 3.1 } });
  other.exec('ROLLBACK');
  other.close();
  await log.close();
});

it('SQLite in Node is that of Node itself where there is one, and that of better-sqlite3 otherwise', async () => {
  const sql = 'SELECT sqlite_version()';
  const expected = process.versions['sqlite'] ?? new (await import('better-sqlite3')).default(':memory:').prepare(sql).raw().get();
  expect((await sqliteStorage({ name: 'version', file: ':memory:' }).query(sql)).rows).toEqual([[expected].flat()]);
});
