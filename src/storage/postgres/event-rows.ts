import { MAX_BATCH_EVENTS, MAX_BATCH_UNITS, type EventBatch, type NewBatch } from '../../event/event-batch.ts';
import { idAt } from '../../event/event-id.ts';
import type { Metadata } from '../../event/event.ts';
import { toArrayLiteral } from './array-literal.ts';
import type { SqlRow, SqlValue } from './client.ts';
import { fromStorableText, toStorableText } from './escape-text.ts';
import { splitJsonArray } from './split-json.ts';

/** The slots of an event's tuple, see `EventTuple`. */
const [TYPE, DATA, METADATA, ID, TIMESTAMP, SCHEMA_VERSION, FORMAT] = [0, 1, 2, 3, 4, 5, 6];
const COLUMNS = 11;

/**
 * Events as the arrays that the function `append` takes, one value for each event: index and name of the stream, offset
 * from its head, and what {@link toEventValues} gives.
 *
 * @param places the index (from 1) and the head of each stream
 */
export function toEventParameters(batches: readonly EventBatch[], places: ReadonlyMap<string, { readonly index: number; readonly head: number }>): SqlValue[] {
  const columns: SqlValue[][] = Array.from({ length: COLUMNS }, () => []);
  for (const batch of batches) {
    const { index, head } = places.get(batch.stream)!;
    toEventValues(batch).forEach((values, i) => {
      [index, batch.stream, batch.version + i - head, ...values].forEach((value, column) => columns[column]!.push(value));
    });
  }
  return columns.map((values) => (values.every((value) => value === null) ? null : toArrayLiteral(values)));
}

/** For each event: id, type, data, metadata, timestamp, schema version, format, correlation id. JSON is kept as the text it was written in. */
export function toEventValues({ events, idBase, timestamp }: NewBatch): SqlValue[][] {
  return splitJsonArray(events).map((text, i) => {
    const slots = splitJsonArray(text).map((slot) => (slot === 'null' ? undefined : slot));
    const metadata = slots[METADATA] ?? null;
    return [
      slots[ID] === undefined ? idAt(idBase, i) : (JSON.parse(slots[ID]) as string),
      toStorableText(JSON.parse(slots[TYPE]!) as string),
      slots[DATA] ?? 'null',
      metadata,
      slots[TIMESTAMP] ?? timestamp,
      slots[SCHEMA_VERSION] ?? null,
      slots[FORMAT] === undefined ? null : toStorableText(JSON.parse(slots[FORMAT]) as string),
      correlationIdOf(metadata),
    ];
  });
}

function correlationIdOf(metadata: string | null): string | null {
  if (!metadata?.includes('"correlationId"')) return null;
  const { correlationId } = JSON.parse(metadata) as Metadata;
  return correlationId === undefined ? null : toStorableText(correlationId);
}

/** What {@link toBatches} needs of a row of `events`, aliased `e`: numbers as floats, JSON as its text. */
export const EVENT_COLUMNS =
  'e.position::float8 AS position, e.stream, e.version::float8 AS version, e.event_id::text AS event_id, e.type, e.data::text AS data, ' +
  'e.metadata::text AS metadata, e.timestamp_ms::float8 AS timestamp_ms, e.schema_version, e.format';

/** A row of {@link EVENT_COLUMNS}. */
export interface EventRow {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly event_id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string | null;
  readonly timestamp_ms: number;
  readonly schema_version: number | null;
  readonly format: string | null;
}

export function toEventRow(row: SqlRow): EventRow {
  return row as unknown as EventRow;
}

/** Rows in the order of the log, or of one stream, as batches: one for each run of events that stand next to each other. */
export function toBatches(rows: readonly EventRow[]): EventBatch[] {
  const batches: EventBatch[] = [];
  let run: EventRow[] = [];
  let units = 0;
  for (const row of rows) {
    const last = run.at(-1);
    const isNext = last?.stream === row.stream && last.version + 1 === row.version && last.position + 1 === row.position;
    if (last && (!isNext || run.length === MAX_BATCH_EVENTS || units > MAX_BATCH_UNITS)) {
      batches.push(toBatch(run));
      run = [];
      units = 0;
    }
    run.push(row);
    units += row.data.length;
  }
  if (run.length > 0) batches.push(toBatch(run));
  return batches;
}

function toBatch(rows: readonly EventRow[]): EventBatch {
  const { stream, version, position, timestamp_ms: timestamp, event_id: firstId } = rows[0]!;
  // Ids that the store made count up in a batch, and need not be said. In a run that begins within one all are.
  const idBase = firstId.slice(0, -4);
  const tuples = rows.map((row, i) => {
    const tuple = [
      JSON.stringify(fromStorableText(row.type)),
      row.data,
      row.metadata ?? 'null',
      row.event_id === idAt(idBase, i) ? 'null' : `"${row.event_id}"`,
      row.timestamp_ms === timestamp ? 'null' : String(row.timestamp_ms),
      String(row.schema_version),
      row.format === null ? 'null' : JSON.stringify(fromStorableText(row.format)),
    ];
    while (tuple.length > 2 && tuple.at(-1) === 'null') tuple.pop();
    return `[${tuple.join(',')}]`;
  });
  return { stream, version, position, count: rows.length, timestamp, idBase, events: `[${tuples.join(',')}]` };
}

/** In the place of events that were erased: nothing is left of them but their positions. */
export function erasedBatch(position: number, count: number): EventBatch {
  return { stream: '', version: 1, position, count, timestamp: 0, idBase: '', events: '' };
}
