import type { EventBatch } from '../../event/event-batch.ts';
import { categoryOf } from '../../event/stream-id.ts';
import { isTombstone } from '../../event/tombstone.ts';
import type { Database } from './database.ts';
import { toSortable } from './sortable-text.ts';

/** A stream that is created, or moves to a later version. */
const STREAMS = `
  INSERT INTO log_streams (name, plain_name, category, version, deleted, created, updated)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 FROM json_each(?) WHERE true
  ON CONFLICT (name) DO UPDATE SET version = excluded.version, deleted = excluded.deleted, updated = excluded.updated`;

const BATCHES = `
  INSERT INTO log_batches (position, stream, version, count, timestamp, size, id_base)
  SELECT value ->> 0, s.id, value ->> 2, value ->> 3, value ->> 4, value ->> 5, unhex(value ->> 6, '-')
  FROM json_each(?) LEFT JOIN log_streams s ON s.name = value ->> 1`;

/** The events of consecutive batches, as one array; each finds the batch it belongs to. */
const EVENTS = `
  INSERT INTO log_events (position, place, event)
  SELECT ?1 + key, ?1 + key - (SELECT position FROM log_batches WHERE position <= ?1 + key ORDER BY position DESC LIMIT 1), jsonb(value)
  FROM json_each(?2)`;

/** Writes batches with consecutive positions: three statements, however many they are. */
export function writeBatches(database: Database, batches: readonly EventBatch[]): void {
  if (batches.length === 0) return;
  const streams = new Map<string, unknown[]>();
  for (const batch of batches) {
    if (batch.stream === '') continue;
    const name = toSortable(batch.stream);
    const plainName = name === batch.stream ? null : batch.stream;
    const created = streams.get(name)?.[5] ?? batch.timestamp;
    const version = batch.version + batch.count - 1;
    streams.set(name, [name, plainName, categoryOf(batch.stream), version, isTombstone(batch) ? 1 : 0, created, batch.timestamp]);
  }
  database.run(STREAMS, JSON.stringify([...streams.values()]));
  insertBatches(database, batches);
}

/** Writes batches of streams that are there. */
export function insertBatches(database: Database, batches: readonly EventBatch[]): void {
  const rows = batches.map(({ position, stream, version, count, timestamp, events, idBase }) =>
    events === ''
      ? [position, null, version, count, timestamp, 0, null]
      : [position, toSortable(stream), version, count, timestamp, events.length, idBase],
  );
  database.run(BATCHES, JSON.stringify(rows));
  // A log that repeats a part of another one has gaps, erased events leave a hole, and an array has neither.
  let stretch: EventBatch[] = [];
  const finish = (): void => {
    if (stretch.length > 0) database.run(EVENTS, stretch[0]!.position, `[${stretch.map(({ events }) => events.slice(1, -1)).join(',')}]`);
    stretch = [];
  };
  for (const batch of batches) {
    const last = stretch.at(-1);
    if (last && last.position + last.count !== batch.position) finish();
    if (batch.events === '') finish();
    else stretch.push(batch);
  }
  finish();
}
