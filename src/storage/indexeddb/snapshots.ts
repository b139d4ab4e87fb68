import type { SnapshotLog, SnapshotRecord } from '../storage.ts';
import type { Connection } from './connection.ts';
import type { Kit } from './kit.ts';

/** A snapshot can be made again: it need not survive a power cut. */
const RELAXED = { durability: 'relaxed', repeatable: true } as const;

export function snapshotsIn({ endAlone, requested }: Kit, connection: Connection): SnapshotLog {
  const run = <T>(mode: 'readonly' | 'readwrite', body: (snapshots: IDBObjectStore) => IDBRequest<T>): Promise<T> =>
    connection.run(['snapshots'], mode, (transaction) => endAlone(transaction, requested(body(transaction.objectStore('snapshots')))), RELAXED);
  return {
    async save(stream, key, snapshot) {
      await run('readwrite', (snapshots) => snapshots.put(snapshot, [stream, key]));
    },
    load: (stream, key) => run<SnapshotRecord | undefined>('readonly', (snapshots) => snapshots.get([stream, key])),
    delete: (stream, key) =>
      run('readwrite', (snapshots) => snapshots.delete(key === undefined ? snapshotsOf(stream) : [stream, key])),
  };
}

/** The keys of all snapshots of a stream. */
export function snapshotsOf(stream: string): IDBKeyRange {
  return IDBKeyRange.bound([stream], [stream, []]);
}
