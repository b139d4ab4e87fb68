import { idAt, newIdBase } from '../../event/event-id.ts';

/** `commits` is the log; `meta` holds the epoch; `snapshots` are keyed by stream and reducer, `documents` by collection and key. */
export type StoreName = 'commits' | 'meta' | 'snapshots' | 'documents';

/**
 * The steps from one version of the schema to the next; the version is their number. Steps only add, so that an old tab
 * can finish what it does, and one that is killed midway leaves the version before.
 */
export type Migration = (database: IDBDatabase, transaction: IDBTransaction) => void;

export const migrations: readonly Migration[] = [
  (database, transaction) => {
    const commits = database.createObjectStore('commits', { keyPath: 'k' });
    // [stream, last version in the record]: a range from [s, v] begins at the right record, the last key is the head.
    commits.createIndex('streams', 's', { multiEntry: true });
    commits.createIndex('ids', 'i', { multiEntry: true });
    database.createObjectStore('meta');
    database.createObjectStore('snapshots');
    transaction.objectStore('meta').put(idAt(newIdBase(Date.now()), 0), 'epoch');
  },
  (database) => {
    // [collection, index, value, key]: a range of an index is in the order of its values, then of the keys.
    database.createObjectStore('documents', { keyPath: ['c', 'k'] }).createIndex('values', 'v', { multiEntry: true });
  },
  (_, transaction) => {
    const commits = commitsOf(transaction);
    commits.createIndex('correlations', 'c', { multiEntry: true });
    // Records up to this one were written without: they are searched one by one.
    commits.openKeyCursor(null, 'prev').onsuccess = ({ target }) => {
      const last = (target as IDBRequest<IDBCursor | null>).result;
      if (last) transaction.objectStore('meta').put(last.key, 'uncorrelatedUntil');
    };
  },
];

export function commitsOf(transaction: IDBTransaction): IDBObjectStore {
  return transaction.objectStore('commits');
}

/** All keys of a stream in the index, from the record that holds a version on. */
export function streamRange(stream: string, fromVersion = 0, toVersion = Infinity): IDBKeyRange {
  return IDBKeyRange.bound([stream, fromVersion], [stream, toVersion]);
}
