import type { EventBatch } from '../../event/event-batch.ts';
import { eraseFirst } from '../../event/erase-first.ts';
import { idAt } from '../../event/event-id.ts';
import type { Database } from './database.ts';
import { parsePage } from './page-text.ts';
import { readStream } from './read-pages.ts';
import { toSortable } from './sortable-text.ts';
import { insertBatches } from './write-batches.ts';

const WHOLE = `stream = (SELECT id FROM log_streams WHERE name = ?1) AND version + count <= ?2`;
const ERASE_EVENTS = `
  DELETE FROM log_events WHERE position IN (SELECT e.position FROM log_batches b CROSS JOIN log_events e ON e.position >= b.position AND e.position < b.position + b.count WHERE b.${WHOLE})`;
/** They keep their place, and nothing else. */
const ERASE_BATCHES = `UPDATE log_batches SET stream = NULL, id_base = NULL, size = 0 WHERE ${WHOLE}`;

/** Erases the events of a stream before a version, in a transaction of the caller's. @returns how many they were */
export function eraseBefore(database: Database, stream: string, beforeVersion: number): number {
  const name = toSortable(stream);
  database.run(ERASE_EVENTS, name, beforeVersion);
  const erased = database.run('SELECT changes()') as number;
  database.run(ERASE_BATCHES, name, beforeVersion);
  const [batch] = parsePage(readStream(database, stream, { from: beforeVersion, limit: 1, direction: 'forwards' }).text);
  return erased + (batch ? eraseWithin(database, batch, beforeVersion) : 0);
}

/** Erases the first part of a batch that holds the version in its middle. */
function eraseWithin(database: Database, batch: EventBatch, beforeVersion: number): number {
  const parts = eraseFirst(batch, beforeVersion - batch.version, idAt);
  if (parts.length < 2) return 0;
  database.run('DELETE FROM log_events WHERE position >= ?1 AND position < ?1 + ?2', batch.position, batch.count);
  database.run('DELETE FROM log_batches WHERE position = ?', batch.position);
  insertBatches(database, parts);
  return parts[0]!.count;
}
