import type { Database } from './database.ts';
import { eraseBefore } from './erase.ts';
import { streamInfo } from './stream-summaries.ts';

/** @returns how many events were erased */
export function truncateStream(database: Database, stream: string, beforeVersion: number): number {
  return database.erasing(() => (streamInfo(database, stream)?.deleted === false ? eraseBefore(database, stream, beforeVersion) : 0));
}
