import type { DocumentConflictError, StorageUnavailableError } from '../../event/errors.ts';
import type { DocumentCheck } from '../evaluate-appends.ts';
import type { Append, DocumentKey, DocumentLog, DocumentRecord, DocumentWrites } from '../storage.ts';
import type { Connection } from './connection.ts';
import { listDocuments, type StoredDocument } from './list-documents.ts';
import type { requested } from './request.ts';

export interface Documents {
  open(connection: Connection, durability: 'strict' | 'relaxed'): DocumentLog;
  /** Compares the documents of appends, and writes those of the appends that are accepted, in their transaction. */
  check(appends: readonly Append[], transaction: IDBTransaction): Promise<DocumentCheck>;
}

const CLEAR_STEP = 500;

/** What this needs of its neighbours is handed over and not imported, as for erasing. */
export function createDocuments(
  request: typeof requested,
  ConflictError: typeof DocumentConflictError,
  UnavailableError: typeof StorageUnavailableError,
): Documents {
  const read = (transaction: IDBTransaction, keys: readonly DocumentKey[]): Promise<(string | undefined)[]> => {
    const documents = transaction.objectStore('documents');
    return Promise.all(keys.map(async ({ collection, key }) => (await request<StoredDocument | undefined>(documents.get([collection, key])))?.d));
  };

  return {
    async check(appends, transaction) {
      const expectations = appends.flatMap(({ documents }) => documents?.expect ?? []);
      const found = await read(transaction, expectations);
      // Each append finds the documents as those before it leave them.
      const current = new Map(expectations.map((expectation, i) => [nameOf(expectation), found[i]]));
      return ({ documents }) => {
        if (!documents) return undefined;
        const conflict = documents.expect?.find((expectation) => current.get(nameOf(expectation)) !== expectation.data);
        if (conflict) return new ConflictError(conflict.collection, conflict.key);
        for (const key of documents.deletes ?? []) current.set(nameOf(key), undefined);
        for (const put of documents.puts ?? []) current.set(nameOf(put), put.data);
        write(transaction, documents);
        return undefined;
      };
    },

    open: (connection, ownDurability) => ({
      get: (keys) =>
        connection.run(['documents'], 'readonly', (transaction) => {
          const found = read(transaction, keys);
          transaction.commit();
          return found;
        }),

      list: (range) => connection.run(['documents'], 'readonly', (transaction) => listDocuments(transaction, range, request)),

      write(writes, { durability = ownDurability } = {}) {
        const { expect = [], puts = [], deletes = [] } = writes;
        let tries = 0;
        return connection.run(
          ['documents'],
          'readwrite',
          async (transaction) => {
            tries++;
            const found = expect.length > 0 ? await read(transaction, expect) : [];
            if (expect.every(({ data }, i) => data === found[i])) {
              write(transaction, writes);
              return true;
            }
            if (tries === 1) return false;
            // The connection was lost before: has the earlier try changed what is not as expected any more?
            const written = await read(transaction, [...puts, ...deletes]);
            if (written.every((data, i) => data === puts[i]?.data)) return true;
            throw new UnavailableError('The connection was lost while documents were written: they may be written or not. Read them again.');
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
              const keys = await request(documents.getAllKeys(all, CLEAR_STEP));
              if (keys.length > 0) documents.delete(IDBKeyRange.bound(keys[0], keys.at(-1)));
              return keys.length === CLEAR_STEP;
            },
            { durability: 'relaxed', repeatable: true },
          );
        }
      },
    }),
  };
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
