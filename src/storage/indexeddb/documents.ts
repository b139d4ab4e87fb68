import { checkPlace } from '../check-place.ts';
import type { DocumentCheck } from '../evaluate-appends.ts';
import type { Append, DocumentKey, DocumentLog, DocumentRecord, DocumentWrites } from '../storage.ts';
import { UNCERTAIN_WRITE } from '../uncertain-write.ts';
import type { Connection } from './connection.ts';
import type { Kit } from './kit.ts';
import { listDocuments, type StoredDocument } from './list-documents.ts';

const CLEAR_STEP = 500;

/** Compares the documents of appends, and writes those of the appends that are accepted, in their transaction. */
export async function checkDocuments(kit: Kit, appends: readonly Append[], transaction: IDBTransaction): Promise<DocumentCheck> {
  const expectations = appends.flatMap(({ documents }) => documents?.expect ?? []);
  const found = await read(kit, transaction, expectations);
  // Each append finds the documents as those before it leave them.
  const current = new Map(expectations.map((expectation, i) => [nameOf(expectation), found[i]]));
  return (append, state) => {
    const { documents } = append;
    const misplaced = checkPlace(append, state, kit.ConcurrencyError);
    if (misplaced || !documents) return misplaced;
    const { tail } = state;
    if ((documents.position ?? tail + 1) !== tail + 1) return new kit.DocumentConflictError('', '');
    const conflict = documents.expect?.find((expectation) => current.get(nameOf(expectation)) !== expectation.data);
    if (conflict) return new kit.DocumentConflictError(conflict.collection, conflict.key);
    for (const key of documents.deletes ?? []) current.set(nameOf(key), undefined);
    for (const put of documents.puts ?? []) current.set(nameOf(put), put.data);
    write(transaction, documents);
    return undefined;
  };
}

/** The documents of an open database. */
export function openDocuments(kit: Kit, connection: Connection, ownDurability: 'strict' | 'relaxed'): DocumentLog {
  return {
    get: (keys) =>
      connection.run(['documents'], 'readonly', (transaction) => {
        const found = read(kit, transaction, keys);
        transaction.commit();
        return found;
      }),

    list: (range) => connection.run(['documents'], 'readonly', (transaction) => listDocuments(transaction, range, kit.requested)),

    write(writes, { durability = ownDurability } = {}) {
      const { expect = [], puts = [], deletes = [] } = writes;
      let tries = 0;
      return connection.run(
        ['documents'],
        'readwrite',
        async (transaction) => {
          tries++;
          const found = expect.length > 0 ? await read(kit, transaction, expect) : [];
          if (expect.every(({ data }, i) => data === found[i])) {
            write(transaction, writes);
            return true;
          }
          if (tries === 1) return false;
          // The connection was lost before: has the earlier try changed what is not as expected any more?
          const written = await read(kit, transaction, [...puts, ...deletes]);
          if (written.every((data, i) => data === puts[i]?.data)) return true;
          throw new kit.StorageBlockedError(UNCERTAIN_WRITE, 'unknown');
        },
        { durability, repeatable: true },
      );
    },

    async clear(collection) {
      const all = IDBKeyRange.bound([collection], [collection, []]);
      for (let more = true; more; ) {
        more = await connection.run(
          ['documents'],
          'readwrite',
          async (transaction) => {
            const documents = transaction.objectStore('documents');
            const keys = await kit.requested(documents.getAllKeys(all, CLEAR_STEP));
            if (keys.length > 0) documents.delete(IDBKeyRange.bound(keys[0], keys.at(-1)));
            return keys.length === CLEAR_STEP;
          },
          { durability: 'relaxed', repeatable: true },
        );
      }
    },
  };
}

function read({ requested }: Kit, transaction: IDBTransaction, keys: readonly DocumentKey[]): Promise<(string | undefined)[]> {
  const documents = transaction.objectStore('documents');
  return Promise.all(keys.map(async ({ collection, key }) => (await requested<StoredDocument | undefined>(documents.get([collection, key])))?.d));
}

/** There is no `commit()`: Firefox would commit the rest when one of several requests fails after it. */
function write(transaction: IDBTransaction, { puts = [], deletes = [] }: DocumentWrites): void {
  const documents = transaction.objectStore('documents');
  for (const put of puts) documents.put(toStored(put));
  for (const { collection, key } of deletes) documents.delete([collection, key]);
}

function toStored({ collection, key, data, indexes = {} }: DocumentRecord): StoredDocument {
  return { c: collection, k: key, d: data, v: Object.entries(indexes).map(([index, value]) => [collection, index, value, key]) };
}

/** Neither name holds a NUL. */
function nameOf({ collection, key }: DocumentKey): string {
  return `${collection}\0${key}`;
}
