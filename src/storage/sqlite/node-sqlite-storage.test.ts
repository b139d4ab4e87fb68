import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { NoStream } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { named, range, toArray } from '../../testing/events.ts';
import { testSqlite } from './conformance.test-fixture.ts';
import { EMPTY_WAL_AFTER_MS } from './database.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

/** Another connection, as of another process. */
async function connect(file: string) {
  return process.versions['sqlite'] ? new (await import('node:sqlite')).DatabaseSync(file) : new (await import('better-sqlite3')).default(file);
}

const folder = mkdtempSync(join(tmpdir(), 'ermine-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true }));

testSqlite('SQLite in a file', { describe, it }, 8, (name) => sqliteStorage({ name, file: join(folder, `${name}.db`), durability: 'relaxed' }));

it('a process that writes holds up nobody who reads, documents in the order of an index too', async () => {
  const file = join(folder, 'held.db');
  const log = await sqliteStorage({ name: 'held', file }).open(() => undefined);
  const documents = await log.documents();
  await documents.write({ puts: range(1, 5).map((n) => ({ collection: 'c', key: `${n}`, data: `${n}`, indexes: { n: n + 0.1 } })) });
  const other = await connect(file);
  other.exec('BEGIN IMMEDIATE');
  // Who writes has to wait for it, and in the end gives up.
  const start = performance.now();
  const impatient = await sqliteStorage({ name: 'held', file, blockedAfterMs: 20 }).open(() => undefined);
  await expect(impatient.truncateStream('Order-1', 9)).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
  expect(performance.now() - start).toBeLessThan(5_000);
  await impatient.close();
  expect(await documents.get([{ collection: 'c', key: '1' }, { collection: 'c', key: '6' }])).toEqual(['1', undefined]);
  const page = await documents.list({ collection: 'c', index: 'n', direction: 'forwards', limit: 3 });
  expect(page).toMatchObject({ documents: [{ key: '1' }, { key: '2' }, { key: '3' }], next: { key: '3', value: 3.1 } });
  other.exec('ROLLBACK');
  other.close();
  await log.close();
});

it('a stream whose name begins with the last unit of all is listed as well', async () => {
  const store = await openEventStore({ storage: sqliteStorage({ name: 'last', file: ':memory:' }) });
  for (const stream of ['\uffff\uffff-1', 'Order-1']) await store.appendToStream(stream, NoStream, named('last'));
  const streams = await toArray(store.listStreams());
  expect(streams.map(({ streamId }) => streamId.category)).toEqual(['Order', '\uffff\uffff']);
  await store.close();
});

it('what was erased is in no file any more: events of deleted and truncated streams, and documents', async () => {
  const storage = sqliteStorage({ name: 'erased', file: join(folder, 'erased.db') });
  const [store, log] = [await openEventStore({ storage }), await storage.open(() => undefined)];
  const documents = await log.documents();
  for (const name of ['Lovelace', 'Hopper']) await store.appendToStream(`Person-${name.length}`, NoStream, [...named(name), ...named('-')]);
  await documents.write({ puts: [{ collection: 'people', key: '1', data: '"Noether"' }] });
  const found = (): string[] => {
    const files = readdirSync(folder).filter((file) => file.startsWith('erased.db')).map((file) => readFileSync(join(folder, file)));
    return ['Lovelace', 'Hopper', 'Noether'].filter((name) => files.some((file) => file.includes(name)));
  };
  expect(found()).toEqual(['Lovelace', 'Hopper', 'Noether']);
  await store.deleteStream('Person-8', 2);
  await expect.poll(found).toEqual(['Hopper', 'Noether']);
  await store.truncateStream('Person-6', 2);
  await expect.poll(found).toEqual(['Noether']);
  // Another process that reads is not waited for by anybody else.
  const other = await connect(join(folder, 'erased.db'));
  other.exec('BEGIN');
  other.prepare('SELECT count(*) FROM documents').get();
  await documents.clear('people');
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setTimeout(resolve, EMPTY_WAL_AFTER_MS));
  expect(found()).toEqual(['Noether']);
  other.exec('COMMIT');
  await expect.poll(found).toEqual([]);
  other.close();
  await Promise.all([store.close(), log.close()]);
});

it('SQLite in Node is that of Node itself where there is one, and that of better-sqlite3 otherwise', async () => {
  const sql = 'SELECT sqlite_version()';
  const expected = process.versions['sqlite'] ?? new (await import('better-sqlite3')).default(':memory:').prepare(sql).raw().get();
  expect((await sqliteStorage({ name: 'version', file: ':memory:' }).query(sql)).rows).toEqual([[expected].flat()]);
});
