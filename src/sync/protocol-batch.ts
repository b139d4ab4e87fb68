import { InvalidEventError } from '../event/errors.ts';
import { checkEventId } from '../event/event-id.ts';
import type { EventBatch, EventTuple, NewBatch } from '../event/event-batch.ts';
import { checkType } from '../event/event-type.ts';
import type { Metadata } from '../event/event.ts';
import { checkJson } from '../event/json.ts';
import { mergeMetadata } from '../event/metadata.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { isTombstone } from '../event/tombstone.ts';
import { MalformedMessage } from './protocol-schema.ts';
import type { PulledBatch, WireBatch } from './protocol.ts';

const ID_BASE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8}$/;
const MAX_BATCH_EVENTS = 65_536;

/** The JSON text of a batch as a message holds it; its events are text already. */
export function batchToText({ stream, timestamp, idBase, events }: NewBatch): string {
  return `${batchHead(stream, timestamp, idBase)},"events":${events}}`;
}

/** The same with its place. */
export function placedBatchToText({ stream, timestamp, idBase, events, version, position }: EventBatch): string {
  return `${batchHead(stream, timestamp, idBase)},"version":${version},"position":${position},"events":${events}}`;
}

function batchHead(stream: string, timestamp: number, idBase: string): string {
  return `{"stream":${JSON.stringify(stream)},"timestamp":${timestamp},"idBase":${JSON.stringify(idBase)}`;
}

/**
 * A batch of a message, with everything checked that an append would check, and encoded anew.
 *
 * @throws {InvalidEventError} {InvalidStreamIdError} {MalformedMessage}
 */
export function readBatch(wire: WireBatch, path: string, maxJsonDepth: number): NewBatch & { readonly tuples: readonly EventTuple[] } {
  const stream = streamIdToString(wire.stream);
  if (!ID_BASE.test(wire.idBase)) throw new MalformedMessage(`${path}.idBase is not the beginning of a UUID`);
  const { events } = wire;
  // A clock may tell parts of a millisecond, which not every storage keeps.
  const timestamp = Math.floor(wire.timestamp);
  if (!Number.isSafeInteger(timestamp)) throw new MalformedMessage(`${path}.timestamp is not a time`);
  if (!Array.isArray(events) || events.length === 0 || events.length > MAX_BATCH_EVENTS) throw new MalformedMessage(`${path}.events is not a list of events`);
  const ids: (string | undefined)[] = [];
  const correlationIds = new Set<string>();
  const tuples = events.map((tuple: unknown, i) => {
    const event = readTuple(tuple, `${path}.events[${i}]`, maxJsonDepth);
    ids.push(event[3] ?? undefined);
    if (event[2]?.correlationId !== undefined) correlationIds.add(event[2].correlationId);
    return event;
  });
  return {
    stream,
    count: events.length,
    timestamp,
    idBase: wire.idBase,
    events: JSON.stringify(tuples),
    ...(ids.some((id) => id !== undefined) && { ids }),
    ...(correlationIds.size > 0 && { correlationIds: [...correlationIds] }),
    tuples,
  };
}

/** A batch of a pull; the one that a deleted stream left is known by its text. */
export function readPulledBatch(wire: PulledBatch, path: string): EventBatch {
  const { tuples: _, ...batch } = readBatch(wire, path, MAX_PULLED_DEPTH);
  if (wire.version < 1 || wire.position < 1) throw new MalformedMessage(`${path} has no place`);
  return { ...batch, version: wire.version, position: wire.position };
}

/** What a server stored was checked by its own limits; deeper than this, nobody could read it. */
const MAX_PULLED_DEPTH = 512;

function readTuple(tuple: unknown, path: string, maxJsonDepth: number): EventTuple {
  if (!Array.isArray(tuple) || tuple.length < 2 || tuple.length > 7) throw new MalformedMessage(`${path} is not an event`);
  const [type, data, metadata, id, timestamp, schemaVersion, format] = tuple as unknown[];
  checkType(type as string, `${path}.type`);
  if (data === undefined) throw new InvalidEventError(`${path}.data`, 'is missing');
  checkJson(data, `${path}.data`, maxJsonDepth);
  const checked: unknown[] = [type, data];
  checked[2] = metadata === undefined || metadata === null ? null : mergeMetadata(undefined, metadata as Metadata, `${path}.metadata`);
  checked[3] = id === undefined || id === null ? null : checkEventId(id, `${path}.id`);
  checked[4] = timestamp === undefined || timestamp === null ? null : checkTime(timestamp, path);
  checked[5] = schemaVersion === undefined || schemaVersion === null ? null : checkSchemaVersion(schemaVersion, path);
  checked[6] = format === undefined || format === null ? null : checkFormat(format, path);
  while (checked.length > 2 && checked.at(-1) === null) checked.pop();
  return checked as unknown as EventTuple;
}

function checkTime(timestamp: unknown, path: string): number {
  if (!Number.isSafeInteger(timestamp)) throw new MalformedMessage(`${path}.timestamp is not a whole number`);
  return timestamp as number;
}

function checkSchemaVersion(version: unknown, path: string): number {
  if (!Number.isSafeInteger(version) || (version as number) < 2) throw new MalformedMessage(`${path} has no schema version`);
  return version as number;
}

function checkFormat(format: unknown, path: string): string {
  if (typeof format !== 'string' || format === '' || format.length > 100) throw new MalformedMessage(`${path} has no format`);
  return format;
}

/** Whether a batch of a client holds what only a server writes. */
export function isReserved(batch: { readonly tuples: readonly EventTuple[]; readonly events: string }): boolean {
  return isTombstone(batch) || batch.tuples.some(([type]) => type.startsWith('$'));
}
