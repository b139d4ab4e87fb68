import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cdp, server } from 'vitest/browser';
import { openEventStore } from '../../store/open-event-store.ts';
import { deleteDatabase } from './conformance.test-fixture.ts';
import { indexedDbStorage, type IndexedDbStorageOptions } from './indexeddb-storage.ts';

async function open(options: Partial<IndexedDbStorageOptions> = {}) {
  const name = options.name ?? `options-${crypto.randomUUID()}`;
  const store = await openEventStore({ storage: indexedDbStorage({ persist: false, ...options, name }) });
  onTestFinished(async () => {
    await store.close();
    await deleteDatabase(name);
  });
  return store;
}

/** The durabilities of the transactions that write, from now on. */
function watchDurability(): string[] {
  const seen: string[] = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    const begun = transaction.apply(this, args);
    if (begun.mode === 'readwrite') seen.push(`${[...begun.objectStoreNames].join()}: ${begun.durability}`);
    return begun;
  };
  onTestFinished(() => void (IDBDatabase.prototype.transaction = transaction));
  return seen;
}

describe('options of the IndexedDB storage', () => {
  it.each(['strict', 'relaxed', undefined] as const)('durability %s is that of appends, and strict by default; snapshots are relaxed', async (durability) => {
    const expected = durability ?? 'strict';
    const seen = watchDurability();
    const store = await open(durability && { durability });
    await store.appendToStream('Order-1', 0, [{ type: 'A', data: 0 }]);
    await store.appendToStream('Order-1', 1, [{ type: 'A', data: 0, id: crypto.randomUUID() }]);
    await store.truncateStream('Order-1', 2);
    await store.deleteStream('Order-1', 2);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen.filter((each) => !each.endsWith(`: ${expected}`))).toEqual([]);
    seen.length = 0;
    await store.snapshots.save({ streamId: 'Order-2', version: 1, data: 1 });
    await store.snapshots.delete('Order-2');
    expect(seen).toEqual(['snapshots: relaxed', 'snapshots: relaxed']);
    expect((await firstValueFrom(store.health$)).durability).toBe(expected);
  });

  it.each([Infinity, Number.MAX_SAFE_INTEGER])('blockedAfterMs may be longer than a timer can wait: %s', async (blockedAfterMs) => {
    const store = await open({ blockedAfterMs });
    expect(await store.appendToStream('Order-1', 0, [{ type: 'A', data: 0 }])).toMatchObject({ version: 1 });
    expect(await store.loadStream('Order-1')).toHaveLength(1);
  });

  // Only this browser tells how much memory is used.
  if (server.browser === 'chromium') {
    it('transactions that have ended leave nothing in memory', async () => {
      const store = await open();
      const { send } = cdp() as unknown as { send(method: string): Promise<{ usedSize: number }> };
      const usedAfter = async (transactions: number): Promise<number> => {
        for (let i = 0; i < transactions; i++) await store.head();
        await send('HeapProfiler.collectGarbage');
        return (await send('Runtime.getHeapUsage')).usedSize;
      };
      const used = [await usedAfter(500), await usedAfter(2_500), await usedAfter(2_500)] as const;
      // The page does other things too, but not the same ones twice.
      const bytes = Math.min(used[1] - used[0], used[2] - used[1]) / 2_500;
      expect(bytes).toBeLessThan(50);
    });
  }

  it('each name is a log of its own', async () => {
    const [a, b] = [await open(), await open()];
    await a.appendToStream('Order-1', 0, [{ type: 'A', data: 0 }]);
    expect((await b.head()).position).toBe(0);
  });

  it('the health tells what the browser says of the origin', async () => {
    const store = await open();
    const health = await firstValueFrom(store.health$);
    expect(health).toMatchObject({ connection: 'open', persisted: await navigator.storage.persisted(), error: undefined });
    expect(health.quotaBytes).toBeGreaterThan(0);
    expect(health.usageBytes).toBeGreaterThanOrEqual(0);
  });

  it('a database that is not one of Ermine is left alone, with STORAGE_UNAVAILABLE', async () => {
    const name = `foreign-${crypto.randomUUID()}`;
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore('theirs').put('their data', 'key');
      request.onsuccess = () => (request.result.close(), resolve());
      request.onerror = () => reject(request.error);
    });
    await expect(openEventStore({ storage: indexedDbStorage({ name }) })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const stores = await new Promise<string[]>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => (resolve([...request.result.objectStoreNames]), request.result.close());
      request.onerror = () => reject(request.error);
    });
    expect(stores).toEqual(['theirs']);
    await deleteDatabase(name);
  });
});
