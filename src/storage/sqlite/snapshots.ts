import type { SnapshotRecord } from '../storage.ts';
import type { Database } from './database.ts';
import { toSortable } from './sortable-text.ts';

export function saveSnapshot(database: Database, stream: string, key: string, { version, timestamp, data }: SnapshotRecord): void {
  database.run('INSERT OR REPLACE INTO log_snapshots VALUES (?, ?, ?, ?, ?)', toSortable(stream), toSortable(key), version, timestamp, data);
}

const LOAD = "SELECT json_object('version', version, 'timestamp', timestamp, 'data', data) FROM log_snapshots WHERE stream = ? AND key = ?";

export function loadSnapshot(database: Database, stream: string, key: string): SnapshotRecord | undefined {
  return database.json(LOAD, toSortable(stream), toSortable(key));
}

export function deleteSnapshot(database: Database, stream: string, key: string | undefined): void {
  database.run('DELETE FROM log_snapshots WHERE stream = ?1 AND key = coalesce(?2, key)', toSortable(stream), key === undefined ? null : toSortable(key));
}
