import { describe, expect, it, onTestFinished } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import type { DocumentLog } from '../storage.ts';
import { deleteDatabase } from './conformance.test-fixture.ts';
import { indexedDbStorage, indexedDbStorageWith } from './indexeddb-storage.ts';
import { migrations } from './schema.ts';

const at = { collection: 'cards', key: 'a' };

describe('documents in IndexedDB', () => {
  it('come with an upgrade of a database that has none, which keeps its log', async () => {
    const name = `upgrade-${crypto.randomUUID()}`;
    const before = await openEventStore({ storage: indexedDbStorageWith({ name, persist: false }, migrations.slice(0, 1)) });
    await before.appendToStream('Order-1', 0, [{ type: 'A', data: { n: 1 } }]);
    const head = await before.head();
    await before.close();

    const store = await openEventStore({ storage: indexedDbStorage({ name, persist: false }) });
    expect(await store.head()).toEqual(head);
    expect((await store.loadStream('Order-1')).map(({ data }) => data)).toEqual([{ n: 1 }]);
    await store.close();
    const log = await indexedDbStorage({ name, persist: false }).open(() => undefined);
    onTestFinished(async () => {
      await log.close();
      await deleteDatabase(name);
    });
    const documents = await log.documents();
    expect(await documents.write({ puts: [{ ...at, data: '1', indexes: { n: 1 } }] })).toBe(true);
    expect(await documents.get([at])).toEqual(['1']);
  });

  it.each(['strict', 'relaxed'] as const)('are written with the durability that is told, otherwise %s like the log', async (durability) => {
    const name = `durability-${crypto.randomUUID()}`;
    const log = await indexedDbStorage({ name, durability, persist: false }).open(() => undefined);
    onTestFinished(async () => {
      await log.close();
      await deleteDatabase(name);
    });
    const seen: string[] = [];
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...args) {
      const begun = transaction.apply(this, args);
      if (begun.mode === 'readwrite') seen.push(`${[...begun.objectStoreNames].join()}: ${begun.durability}`);
      return begun;
    };
    onTestFinished(() => void (IDBDatabase.prototype.transaction = transaction));
    const documents: DocumentLog = await log.documents();
    await documents.write({ puts: [{ ...at, data: '1' }] });
    await documents.write({ expect: [{ ...at, data: '1' }], puts: [{ ...at, data: '2' }] }, { durability: 'relaxed' });
    await documents.write({ puts: [{ ...at, data: '3' }] }, { durability: 'strict' });
    expect(seen).toEqual([`documents: ${durability}`, 'documents: relaxed', 'documents: strict']);
  });

  it.each([
    ['nobody has written', undefined, true],
    ['somebody has written the same', '1', true],
    ['somebody has written something else', '2', false],
  ] as const)('whose transaction was lost are written again; when %s meanwhile, that is known or said not to be', async (_, meanwhile, known) => {
    const name = `lost-${crypto.randomUUID()}`;
    const open = () => indexedDbStorage({ name, persist: false }).open(() => undefined);
    const logs = [await open(), await open()];
    onTestFinished(async () => {
      for (const log of logs) await log.close();
      await deleteDatabase(name);
    });
    const [documents, others] = [await logs[0]!.documents(), await logs[1]!.documents()];
    const { transaction } = IDBDatabase.prototype;
    const restore = (): void => void (IDBDatabase.prototype.transaction = transaction);
    onTestFinished(restore);
    IDBDatabase.prototype.transaction = function (...args) {
      restore();
      const lost = transaction.apply(this, args);
      lost.objectStore('documents').count().onsuccess = () => lost.abort();
      // It waits for the one that is lost, and the second try waits for it.
      if (meanwhile) void others.write({ puts: [{ ...at, data: meanwhile }] });
      return lost;
    };
    const writing = documents.write({ expect: [{ ...at, data: undefined }], puts: [{ ...at, data: '1' }] });
    if (known) expect(await writing).toBe(true);
    else await expect(writing).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', written: 'unknown' });
    expect(await others.get([at])).toEqual([meanwhile ?? '1']);
  });
});
