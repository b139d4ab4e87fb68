import { MAX_BATCH_EVENTS, MAX_BATCH_UNITS, type EventBatch } from '../../event/event-batch.ts';
import { hash53, idKey } from '../../event/event-id.ts';
import { isTombstone } from '../../event/tombstone.ts';
import { deletedAt } from '../evaluate-appends.ts';

/**
 * What the object store `commits` holds: a few batches that were written together. Names are short since they are stored
 * with every record, headers are flat and payloads are text since Chromium deserializes a whole value to extract its
 * index keys, and numbers and strings are cheap there.
 */
export interface CommitRecord {
  /** The key: global position of the first event. */
  k: number;
  /** Each stream of the record with its last version here (see {@link deletedAt} for a tombstone); null when erased. Indexed. */
  s: ([stream: string, lastVersion: number] | null)[];
  /** Keys of the event ids, see `idKey`. Indexed. */
  i: number[];
  /** Keys of the correlation ids of its events, see `hash53`; absent when there are none. Indexed. */
  c?: number[];
  /** Four numbers for each batch: index of its stream in `s`, version, count, timestamp. */
  h: number[];
  /** The id base of each batch. */
  b: string[];
  /** The events of each batch, as JSON. */
  p: string[];
}

/** No record holds more batches; large ones make reading a single stream slow. */
const MAX_RECORD_BATCHES = 64;
/** No record holds more events: a window of so many positions meets at least one record. */
export const MAX_RECORD_EVENTS = MAX_BATCH_EVENTS;

/** Packs batches into as few records as the bounds allow; a record has no gap in its positions. */
export function toRecords(batches: readonly EventBatch[]): CommitRecord[] {
  const records: CommitRecord[] = [];
  let group: EventBatch[] = [];
  let events = 0;
  let units = 0;
  for (const batch of batches) {
    events += batch.count;
    units += batch.events.length;
    const full = group.length === MAX_RECORD_BATCHES || events > MAX_RECORD_EVENTS || units > MAX_BATCH_UNITS;
    const last = group.at(-1);
    if (last && (full || batch.position !== last.position + last.count)) {
      records.push(toRecord(group));
      group = [];
      events = batch.count;
      units = batch.events.length;
    }
    group.push(batch);
  }
  if (group.length > 0) records.push(toRecord(group));
  return records;
}

function toRecord(batches: readonly EventBatch[]): CommitRecord {
  const record: CommitRecord = { k: batches[0]!.position, s: [], i: [], h: [], b: [], p: [] };
  const indexByStream = new Map<string, number>();
  const correlations = new Set<number>();
  for (const { stream, version, count, timestamp, idBase, events, ids, correlationIds = [] } of batches) {
    let index = indexByStream.get(stream);
    if (index === undefined) indexByStream.set(stream, (index = record.s.push([stream, 0]) - 1));
    record.s[index]![1] = isTombstone({ events }) ? deletedAt(version) : version + count - 1;
    record.h.push(index, version, count, timestamp);
    record.b.push(idBase);
    record.p.push(events);
    for (let i = 0; ids && i < count; i++) if (ids[i] !== undefined) record.i.push(idKey(ids[i]!));
    if (!ids || ids.includes(undefined)) record.i.push(idKey(idBase));
    for (const id of correlationIds) correlations.add(hash53(id));
  }
  if (correlations.size > 0) record.c = [...correlations];
  return record;
}

/** The batches of a record, of one stream or of all. */
export function toBatches(record: CommitRecord, stream?: string): EventBatch[] {
  const batches: EventBatch[] = [];
  let position = record.k;
  for (let i = 0; i < record.p.length; i++) {
    const [streamIndex, version, count, timestamp] = record.h.slice(4 * i, 4 * i + 4) as [number, number, number, number];
    const events = record.p[i]!;
    const name = events === '' ? '' : record.s[streamIndex]![0];
    if (stream === undefined || name === stream) {
      batches.push({ stream: name, version, position, count, timestamp, idBase: record.b[i]!, events });
    }
    position += count;
  }
  return batches;
}

/** Position of the last event of a record. */
export function lastPosition(record: CommitRecord): number {
  let position = record.k - 1;
  for (let i = 2; i < record.h.length; i += 4) position += record.h[i]!;
  return position;
}
