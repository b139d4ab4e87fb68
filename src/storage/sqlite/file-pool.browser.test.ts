import { expect, onTestFinished, test } from 'vitest';
import { AnyVersion } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import type { EventStore } from '../../store/event-store.ts';
import { directoryOf } from './directory-of.ts';
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
    worker.onmessage = ({ data }: MessageEvent<OfficialAnswer>) => resolve(data);
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
  let folder = await navigator.storage.getDirectory();
  for (const part of ['ermine-sqlite', directoryOf(name), '.opaque']) folder = await folder.getDirectoryHandle(part, { create: true });
  const handle = await folder.getFileHandle('other', { create: true });
  const writable = await handle.createWritable();
  const content = `/other.db\0${'x'.repeat(9_000)}`;
  await writable.write(content);
  await writable.close();
  await withStore(name, (store) => append(store, 10));
  await withStore(name, async (store) => expect(await store.loadStream('Order-1')).toHaveLength(10));
  expect(await (await handle.getFile()).text()).toBe(content);
});
