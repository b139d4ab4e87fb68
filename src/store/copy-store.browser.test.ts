import { expect, onTestFinished, test } from 'vitest';
import { AnyVersion } from '../event/version.ts';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { removeDatabase } from '../storage/sqlite/remove-database.test-fixture.ts';
import { sqliteStorage } from '../storage/sqlite/sqlite-storage.ts';
import { borrowWorker } from '../storage/sqlite/worker-pool.test-fixture.ts';
import type { Storage } from '../storage/storage.ts';
import { copyStore } from './copy-store.ts';
import { dump, fill } from './copy.test-fixture.ts';
import { openEventStore } from './open-event-store.ts';

/** Of the demo's log, six batches of an import. */
const PERMITS = 3_072;

function onIndexedDb(): Storage {
  const name = `copy-${crypto.randomUUID()}`;
  onTestFinished(() => deleteDatabase(name));
  return indexedDbStorage({ name, persist: false, durability: 'relaxed' });
}

function onSqlite(): Storage {
  const name = `copy-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  return sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker });
}

/** The beginning of the demo's log, a real one, with a part that is deleted, truncated and serialized. */
async function permits(): Promise<Storage> {
  const storage = onIndexedDb();
  const store = await openEventStore({ storage });
  const response = await fetch('/demo/public/permits.ndjson.gz');
  const stop = new AbortController();
  const importing = store.importEvents(await response.blob(), { signal: stop.signal, onProgress: ({ imported }) => imported === PERMITS && stop.abort() });
  await expect(importing).rejects.toMatchObject({ name: 'AbortError' });
  await store.close();
  await fill(storage);
  return storage;
}

test('a real log goes from IndexedDB to SQLite and back, stopped midway each time, and is the same in each; another log is refused', async () => {
  let source = await permits();
  const log = await dump(source);
  expect(log.events.length).toBeGreaterThan(PERMITS);
  for (const target of [onSqlite(), onIndexedDb()]) {
    const stop = new AbortController();
    const stopped = copyStore(source, target, { signal: stop.signal, onProgress: ({ copied, total }) => copied > total / 2 && stop.abort() });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const { head } = await dump(target);
    expect(head).toBeGreaterThan(log.head / 2);
    expect(head).toBeLessThan(log.head);
    const { copied } = await copyStore(source, target);
    expect(copied).toBeLessThan(log.events.length / 2);
    // As text: comparing 10,000 objects one by one takes longer than copying them.
    expect(JSON.stringify(await dump(target)) === JSON.stringify(log)).toBe(true);
    source = target;
  }
  const moved = await openEventStore({ storage: source });
  expect(await moved.appendToStream('Part-8', 6, [{ type: 'Noted', data: {} }])).toMatchObject({ version: 7, globalPosition: log.head + 1 });
  await moved.close();
  for (const target of [onSqlite(), onIndexedDb()]) {
    const store = await openEventStore({ storage: target });
    await store.appendToStream('Other-1', AnyVersion, [{ type: 'Noted', data: {} }]);
    await store.close();
    const before = await dump(target);
    await expect(copyStore(source, target)).rejects.toMatchObject({ code: 'COPY_REFUSED', reason: 'OTHER_LOG', position: 1 });
    expect(await dump(target)).toEqual(before);
  }
});
