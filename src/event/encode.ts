import { EventTooLargeError, InvalidEventError, isErmineError } from './errors.ts';
import { MAX_BATCH_EVENTS, MAX_BATCH_UNITS, type EventDecoder, type NewBatch } from './event-batch.ts';
import { checkEventId, newIdBase } from './event-id.ts';
import { checkType } from './event-type.ts';
import type { EventData, Metadata } from './event.ts';
import { checkJson } from './json.ts';
import type { Limits } from './limits.ts';
import { mergeMetadata } from './metadata.ts';
import type { StreamId } from './stream-id.ts';
import { checkWholeNumber } from './version.ts';

/** What an append needs besides its events. */
export interface EncodeContext {
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly metadata: Metadata | undefined;
}

/** An event to encode; an import also brings the event's own time, and a codec what it has made of the data. */
export type EncodableEvent = EventData & {
  readonly timestamp?: number;
  readonly schemaVersion?: number;
  readonly format?: string;
  /** Its id was just made, so nothing in the log can have it. */
  readonly fresh?: boolean;
};

/** Events for one stream, and the version that it must be at. */
export interface EncodableAppend {
  readonly streamId: StreamId | string;
  readonly expectedVersion: number;
  readonly events: readonly EncodableEvent[];
}

/** Stands between the application's events and the log. */
export interface EventCodec extends EventDecoder {
  /** The appends as they are to be encoded; those that take a while come in the order of the calls. */
  encode(appends: readonly EncodableAppend[], context: EncodeContext): readonly EncodableAppend[] | Promise<readonly EncodableAppend[]>;
}

/** What error messages call the events of one of `count` appends. */
export function eventsPath(index: number, count: number): string {
  return count === 1 ? 'events' : `writes[${index}].events`;
}

/**
 * Checks and encodes the events of one stream, before any transaction is open.
 *
 * @param path what error messages call the array
 * @throws {InvalidEventError} {EventTooLargeError}
 */
export function encodeEvents(
  stream: string,
  events: readonly EncodableEvent[],
  path: string,
  context: EncodeContext,
): NewBatch[] {
  const batches: NewBatch[] = [];
  let texts: string[] = [];
  let ids: (string | undefined)[] = [];
  let correlationIds = new Set<string>();
  let units = 0;
  const finishBatch = (): void => {
    if (texts.length === 0) return;
    batches.push({
      stream,
      count: texts.length,
      timestamp: context.now,
      idBase: newIdBase(context.now),
      events: `[${texts.join(',')}]`,
      ...(ids.some((id) => id !== undefined) && { ids }),
      ...(correlationIds.size > 0 && { correlationIds: [...correlationIds] }),
    });
    texts = [];
    ids = [];
    correlationIds = new Set();
    units = 0;
  };
  for (let i = 0; i < events.length; i++) {
    const { text, id, correlationId } = encodeEvent(events[i], `${path}[${i}]`, context);
    checkBytes(text, `${path}[${i}]`, context.limits.maxEventBytes);
    if (texts.length === MAX_BATCH_EVENTS || units + text.length > MAX_BATCH_UNITS) finishBatch();
    texts.push(text);
    ids.push(id);
    if (correlationId !== undefined) correlationIds.add(correlationId);
    units += text.length;
  }
  finishBatch();
  return batches;
}

interface EncodedEvent {
  readonly text: string;
  readonly id: string | undefined;
  readonly correlationId: string | undefined;
}

function encodeEvent(event: EncodableEvent | undefined, path: string, context: EncodeContext): EncodedEvent {
  if (typeof event !== 'object' || event === null) throw new InvalidEventError(path, 'is no event');
  const { data, timestamp, schemaVersion = 1, format } = event;
  const type = checkType(event.type, `${path}.type`);
  if (type.startsWith('$')) throw new InvalidEventError(`${path}.type`, 'begins with "$": reserved');
  const metadata = mergeMetadata(context.metadata, event.metadata, `${path}.metadata`);
  const id = event.id === undefined ? undefined : checkEventId(event.id, `${path}.id`);
  if (timestamp !== undefined) checkWholeNumber(timestamp, `${path}.timestamp`);
  checkWholeNumber(schemaVersion, `${path}.schemaVersion`, 1);
  const tuple = [type, data, metadata, id, timestamp, schemaVersion > 1 ? schemaVersion : null, format];
  while (tuple.length > 2 && (tuple.at(-1) ?? null) === null) tuple.pop();
  try {
    checkJson(data, `${path}.data`, context.limits.maxJsonDepth);
    return { text: JSON.stringify(tuple), id, correlationId: metadata?.correlationId };
  } catch (cause) {
    // A getter or a toJSON of the caller's may throw anything.
    throw isErmineError(cause) ? cause : new InvalidEventError(`${path}.data`, 'cannot be read', { cause });
  }
}

const utf8 = new TextEncoder();

/** @throws {EventTooLargeError} when the text is more than `limit` bytes of UTF-8 */
export function checkBytes(text: string, path: string, limit: number): void {
  // A UTF-16 unit is at most 3 bytes, so a short text needs no exact count.
  if (text.length * 3 <= limit) return;
  const bytes = utf8.encode(text).length;
  if (bytes > limit) throw new EventTooLargeError(path, bytes, limit, 'bytes');
}
