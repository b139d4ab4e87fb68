import { describe, expect, it, onTestFinished } from 'vitest';
import { addAll } from './add-records.ts';
import type { CommitRecord } from './commit-record.ts';
import { completed, requested } from './request.ts';

async function openStore(): Promise<IDBDatabase> {
  const name = `request-${crypto.randomUUID()}`;
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore('commits', { keyPath: 'k' });
  const database = await requested<IDBDatabase>(request);
  onTestFinished(async () => {
    database.close();
    await requested(indexedDB.deleteDatabase(name));
  });
  return database;
}

/** Adds records with these keys, as an append does. */
function add(database: IDBDatabase, keys: readonly number[]): Promise<void> {
  const transaction = database.transaction(['commits'], 'readwrite', { durability: 'relaxed' });
  const done = completed(transaction);
  addAll(transaction, keys.map((k) => ({ k }) as CommitRecord));
  return done;
}

const keysOf = (database: IDBDatabase): Promise<IDBValidKey[]> => requested(database.transaction('commits').objectStore('commits').getAllKeys());

describe('what becomes of a transaction', () => {
  it('is told when it is committed', async () => {
    const database = await openStore();
    await add(database, [1, 2, 3]);
    expect(await keysOf(database)).toEqual([1, 2, 3]);
  });

  it.each([[[2]], [[2, 3, 4]], [[3, 4, 2]], [[5, 5]]])('is a ConstraintError when a key of %j is taken, and nothing is written', async (keys) => {
    const database = await openStore();
    await add(database, [1, 2]);
    await expect(add(database, keys)).rejects.toMatchObject({ name: 'ConstraintError' });
    expect(await keysOf(database)).toEqual([1, 2]);
  });

  it('is a ConstraintError when another connection was faster', async () => {
    const database = await openStore();
    const other = await requested<IDBDatabase>(indexedDB.open(database.name));
    const outcomes = await Promise.allSettled([add(database, [1, 2]), add(other, [1]), add(database, [1])]);
    other.close();
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as DOMException).name] : []));
    expect(reasons).toEqual(['ConstraintError', 'ConstraintError']);
  });

  it('is an AbortError when it was aborted', async () => {
    const database = await openStore();
    const transaction = database.transaction(['commits'], 'readwrite');
    const done = completed(transaction);
    transaction.objectStore('commits').add({ k: 1 });
    transaction.abort();
    await expect(done).rejects.toMatchObject({ name: 'AbortError' });
    expect(await keysOf(database)).toEqual([]);
  });
});
