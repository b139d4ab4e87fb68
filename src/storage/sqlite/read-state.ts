import type { EventLocation, LogState } from '../evaluate-appends.ts';
import type { Append } from '../storage.ts';
import type { Database } from './database.ts';
import { toSortable } from './sortable-text.ts';

/** What a decision on these appends needs, inside the transaction that writes. */
export function readState(database: Database, appends: readonly Append[]): LogState {
  const streams = [...new Set(appends.flatMap(({ writes }) => writes.map(({ stream }) => stream)))];
  const ids = [...new Set(appends.flatMap((append) => append.ids))];
  const heads = database.json<[number, number][]>(HEADS, JSON.stringify(streams.map(toSortable)))!;
  return {
    tail: readTail(database),
    heads: new Map(heads.map(([index, head]) => [streams[index]!, head])),
    locations: ids.length > 0 ? locate(database, ids) : new Map(),
  };
}

/** Position of the last event of the log. */
export function readTail(database: Database): number {
  return (database.run('SELECT position + count - 1 FROM log_batches ORDER BY position DESC LIMIT 1') as number | undefined) ?? 0;
}

/** As `deletedAt` says it, half a version more for a deleted stream. */
const HEADS = `
  SELECT json_group_array(json_array(wanted.key, s.version + s.deleted * 0.5))
  FROM json_each(?) wanted CROSS JOIN log_streams s ON s.name = wanted.value`;

/** Ids of their own, and ids that count up from the base of a batch. */
const LOCATIONS = `
  WITH wanted AS (SELECT key, unhex(value ->> 0, '-') AS id, unhex(value ->> 1, '-') AS base, value ->> 2 AS place FROM json_each(?)),
  found AS (
    SELECT w.key, e.position, e.place
    FROM wanted w CROSS JOIN log_events e ON e.own_id = w.id
    UNION
    SELECT w.key, e.position, e.place
    FROM wanted w
    CROSS JOIN log_batches b ON b.id_base = w.base AND w.place < b.count
    CROSS JOIN log_events e ON e.position = b.position + w.place AND e.own_id IS NULL
  )
  SELECT json_group_array(json_array(f.key, coalesce(s.plain_name, s.name), b.version + f.place, f.position))
  FROM found f JOIN log_batches b ON b.position = f.position - f.place JOIN log_streams s ON s.id = b.stream`;

function locate(database: Database, ids: readonly string[]): Map<string, EventLocation> {
  const wanted = ids.map((id) => [id, id.slice(0, 32), Number.parseInt(id.slice(32), 16)]);
  const rows = database.json<[number, string, number, number][]>(LOCATIONS, JSON.stringify(wanted))!;
  return new Map(rows.map(([index, stream, version, position]) => [ids[index]!, { stream, version, position }]));
}
