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
});
