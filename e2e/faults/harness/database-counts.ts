export interface DatabaseCounts {
  opens: number;
  transactions: number;
  /** Transactions that were undone. */
  aborts: number;
  /** Writes of documents that were. */
  documentAborts: number;
  /** Requests that read. */
  reads: number;
}

const READS = {
  IDBObjectStore: ['get', 'getKey', 'getAll', 'getAllKeys', 'openCursor', 'openKeyCursor', 'count'],
  IDBIndex: ['get', 'getKey', 'getAll', 'getAllKeys', 'openCursor', 'openKeyCursor', 'count'],
} as const;

/** Counts what this tab asks of IndexedDB from now on. */
export function countDatabaseWork(): DatabaseCounts {
  const counts: DatabaseCounts = { opens: 0, transactions: 0, aborts: 0, documentAborts: 0, reads: 0 };
  before(IDBFactory.prototype, 'open', () => counts.opens++);
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (...args) {
    counts.transactions++;
    const begun = transaction.apply(this, args);
    const writesDocuments = begun.mode === 'readwrite' && begun.objectStoreNames.contains('documents');
    begun.addEventListener('abort', () => {
      counts.aborts++;
      if (writesDocuments) counts.documentAborts++;
    });
    return begun;
  };
  for (const method of READS.IDBObjectStore) before(IDBObjectStore.prototype, method, () => counts.reads++);
  for (const method of READS.IDBIndex) before(IDBIndex.prototype, method, () => counts.reads++);
  return counts;
}

function before<Key extends string>(prototype: Record<Key, (...args: never[]) => unknown>, key: Key, note: () => void): void {
  const original = prototype[key];
  prototype[key] = function (this: unknown, ...args: never[]) {
    note();
    return original.apply(this, args);
  };
}
