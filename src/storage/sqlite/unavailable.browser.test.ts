import { expect, onTestFinished, test, vi } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { PROTOCOL, lockOf } from './protocol.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

const withoutSyncHandles = (): Worker => new Worker(new URL('./without-sync-handles.test-worker.ts', import.meta.url), { type: 'module' });
const refusedFiles = (): Worker => new Worker(new URL('./refused-files.test-worker.ts', import.meta.url), { type: 'module' });
const refusedWorker = (): Worker => {
  throw new DOMException('of another origin', 'SecurityError');
};
const olderWorker = (): Worker => new Worker(`data:text/javascript,postMessage(${JSON.stringify({ protocol: PROTOCOL - 1, is: 'ready' })})`);

test.each([
  ['has no sync access handles', withoutSyncHandles, /no file handles .*createSyncAccessHandle.* indexedDbStorage/],
  ['refuses its file system', refusedFiles, /no files .*SecurityError.* indexedDbStorage/],
  ['makes no worker', refusedWorker, /worker .*SecurityError.*worker-src/],
  ['has a worker of older code', olderWorker, /worker .*older/],
])('a browser that %s gets STORAGE_UNAVAILABLE that says so and what to use, and nothing stays locked', async (_, createWorker, message) => {
  const name = `unavailable-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const open = (worker: () => Worker) => openEventStore({ storage: sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: worker }) });

  await expect(open(createWorker)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringMatching(message) });
  const locks = async (): Promise<unknown[]> => {
    const { held = [], pending = [] } = await navigator.locks.query();
    return [...held, ...pending].filter((lock) => lock.name === lockOf(name));
  };
  await expect.poll(locks).toEqual([]);

  const store = await open(borrowWorker);
  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }]);
  expect(await store.loadStream('Order-1')).toHaveLength(1);
  await store.close();
});

test('a browser that refuses Web Locks gets STORAGE_UNAVAILABLE at once, which says so', async () => {
  // What a sandboxed frame of an opaque origin gets.
  vi.spyOn(navigator.locks, 'request').mockRejectedValue(new DOMException('denied in this context', 'SecurityError'));
  onTestFinished(() => void vi.restoreAllMocks());
  const storage = sqliteStorage({ name: `refused-${crypto.randomUUID()}`, persist: false, createWorker: borrowWorker, blockedAfterMs: Infinity });
  await expect(openEventStore({ storage })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringMatching(/Web Locks .*SecurityError.*frame/) });
});

test('blockedAfterMs may be longer than a timer can wait', async () => {
  const name = `patient-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const store = await openEventStore({ storage: sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker, blockedAfterMs: Infinity }) });
  expect(await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }])).toMatchObject({ version: 1 });
  await store.close();
});
