import type { DBSchema, IDBPDatabase, IDBPTransaction } from 'idb';
import { idAt, newIdBase } from '../../event/event-id.ts';
import type { SnapshotRecord } from '../storage.ts';
import type { CommitRecord } from './commit-record.ts';

/** The database of one log. */
export interface LogSchema extends DBSchema {
  /** The log: a record a commit, see {@link CommitRecord}. */
  commits: {
    key: number;
    value: CommitRecord;
    indexes: {
      /** `[stream, last version in the record]`: a range from `[s, v]` begins at the right record, the last key is the head. */
      streams: [string, number];
      /** Keys of event ids, not unique. */
      ids: number;
    };
  };
  meta: { key: string; value: string };
  snapshots: { key: [stream: string, key: string]; value: SnapshotRecord };
}

export type Database = IDBPDatabase<LogSchema>;
export type Stores = 'commits' | 'meta' | 'snapshots';
export type Transaction<Mode extends IDBTransactionMode> = IDBPTransaction<LogSchema, Stores[], Mode>;

/**
 * The steps from one version of the schema to the next; the version is their number. Steps only add, so that an old tab
 * can finish what it does, and one that is killed midway leaves the version before.
 */
export type Migration = (database: Database, transaction: Transaction<'versionchange'>) => void;

export const migrations: readonly Migration[] = [
  (database, transaction) => {
    const commits = database.createObjectStore('commits', { keyPath: 'k' });
    commits.createIndex('streams', 's', { multiEntry: true });
    commits.createIndex('ids', 'i', { multiEntry: true });
    database.createObjectStore('meta');
    database.createObjectStore('snapshots');
    void transaction.objectStore('meta').put(idAt(newIdBase(Date.now()), 0), 'epoch');
  },
];
