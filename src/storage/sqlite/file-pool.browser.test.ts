import { expect, onTestFinished, test } from 'vitest';
import { AnyVersion } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import type { EventStore } from '../../store/event-store.ts';
import { directoryOf, openDirectory } from './directory-of.ts';
import type { OfficialAnswer, OfficialRequest } from './official-pool.test-worker.ts';
import type { SqliteStorage } from './options.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

function newName(): string {
  const name = `pool-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  return name;
}

async function withStore<T>(name: string, work: (store: EventStore, storage: SqliteStorage) => Promise<T>): Promise<T> {
  const storage = sqliteStorage({ name, persist: false, createWorker: borrowWorker });
  const store = await openEventStore({ storage });
  const result = await work(store, storage);
  await store.close();
  return result;
}

const append = (store: EventStore, count: number): Promise<unknown> =>
  store.appendToStream('Order-1', AnyVersion, Array.from({ length: count }, (_, n) => ({ type: 'OrderPlaced', data: { n } })));

async function byOfficialPackage(request: OfficialRequest): Promise<OfficialAnswer> {
  const worker = new Worker(new URL('./official-pool.test-worker.ts', import.meta.url), { type: 'module' });
  onTestFinished(() => worker.terminate());
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<OfficialAnswer>) => {
      worker.terminate();
      resolve(data);
    };
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(request);
  });
}

test('the official package opens the files, and what it writes is there afterwards', async () => {
  const name = newName();
  await withStore(name, (store) => append(store, 3_000));
  const sql = ['PRAGMA integrity_check', 'SELECT count(*) FROM events', 'CREATE TABLE noted AS SELECT 7 AS n', 'PRAGMA journal_mode'];
  expect(await byOfficialPackage({ directory: `ermine-sqlite/${directoryOf(name)}`, sql })).toEqual(['ok', 3_000, undefined, 'wal']);
  await withStore(name, async (store, storage) => {
    expect(await store.loadStream('Order-1')).toHaveLength(3_000);
    expect((await storage.query('SELECT n FROM noted')).rows).toEqual([[7]]);
    await append(store, 1);
  });
});

test("a log in files that the official package's pool made is opened and goes on", async () => {
  const file = await withStore(newName(), async (store, storage) => {
    await append(store, 500);
    return storage.export();
  });
  const name = newName();
  expect(await byOfficialPackage({ directory: `ermine-sqlite/${directoryOf(name)}`, file, sql: ['SELECT count(*) FROM events'] })).toEqual([500]);
  await withStore(name, async (store, storage) => {
    await append(store, 500);
    expect(await store.loadStream('Order-1')).toHaveLength(1_000);
    expect((await storage.query('SELECT count(*) FROM events')).rows).toEqual([[1_000]]);
  });
});

test('files of which nobody knows the path are left as they are', async () => {
  const name = newName();
  const handle = await (await openDirectory(name)).getFileHandle('other', { create: true });
  const writable = await handle.createWritable();
  const content = `/other.db\0${'x'.repeat(9_000)}`;
  await writable.write(content);
  await writable.close();
  await withStore(name, (store) => append(store, 10));
  await withStore(name, async (store) => expect(await store.loadStream('Order-1')).toHaveLength(10));
  expect(await (await handle.getFile()).text()).toBe(content);
});

test.each([
  ['is gone', '\0'],
  ['is another one', '/log.db-wal\0'],
])('a log whose file has lost its path, which %s, is not overwritten, and no empty one takes its place', async (_, path) => {
  const name = newName();
  await withStore(name, (store) => append(store, 500));
  let log: FileSystemFileHandle | undefined;
  for await (const file of (await openDirectory(name)).values()) {
    if (file.kind === 'file' && (await (await file.getFile()).text()).startsWith('/log.db\0')) log = file;
  }
  const setPath = async (to: string): Promise<void> => {
    const writable = await log!.createWritable({ keepExistingData: true });
    await writable.write(to);
    await writable.close();
  };
  await setPath(path);
  // A second start finds what the first one left.
  for (let start = 0; start < 2; start++) {
    await expect(withStore(name, (store) => append(store, 1))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('damaged') });
  }
  await setPath('/log.db\0');
  await withStore(name, async (store) => expect(await store.loadStream('Order-1')).toHaveLength(500));
});

test.each(['delete', 'wal'])('what a worker that ended left half done is undone, and what was done is there, with journal_mode %s', async (mode) => {
  const name = newName();
  const directory = `ermine-sqlite/${directoryOf(name)}`;
  await withStore(name, (store) => append(store, 1_000));
  const left = ['CREATE TABLE noted AS SELECT 7 AS n', 'PRAGMA cache_size = 1', 'BEGIN', "UPDATE log_events SET event = jsonb_array('Undone', hex(zeroblob(1500)))"];
  expect(await byOfficialPackage({ directory, sql: [`PRAGMA journal_mode = ${mode}`, ...left, 'SELECT count(*) FROM log_events'], ends: true })).toEqual([mode, ...left.map(() => undefined), 1_000]);
  await withStore(name, async (store, storage) => {
    expect((await storage.query('SELECT type, count(*), n FROM events, noted GROUP BY 1')).rows).toEqual([['OrderPlaced', 1_000, 7]]);
    await append(store, 1);
  });
  expect(await byOfficialPackage({ directory, sql: ['PRAGMA integrity_check', 'SELECT count(*) FROM log_events'] })).toEqual(['ok', 1_001]);
});

test('a question that sorts and groups more than the cache holds needs no file', async () => {
  await withStore(newName(), async (_, storage) => {
    const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)';
    const sorted = `${numbers} SELECT substr(content, 1, 6) FROM (SELECT format('%06d', i * 7919 % 60000) || hex(zeroblob(500)) AS content FROM n ORDER BY content DESC) LIMIT 1`;
    expect((await storage.query(sorted, [], { maxMs: 20_000 })).rows).toEqual([['059999']]);
    const grouped = `${numbers} SELECT count(*) FROM (SELECT DISTINCT format('%06d', i) || hex(zeroblob(500)) FROM n)`;
    expect((await storage.query(grouped, [], { maxMs: 20_000 })).rows).toEqual([[60_000]]);
  });
});
