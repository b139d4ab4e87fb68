import type { EncodableEvent, EncodeContext, encodeEvents } from '../event/encode.ts';
import type { InvalidImportError } from '../event/errors.ts';
import type { hash53 } from '../event/event-id.ts';
import type { StreamDeleted } from '../event/event.ts';
import type { streamIdToString, StreamId } from '../event/stream-id.ts';
import { uuidOfText } from '../event/uuid-of-text.ts';
import type { AnyVersion } from '../event/version.ts';
import type { Append } from '../storage/storage.ts';
import { readLines, type Line } from './ndjson.ts';

/** How an import is watched and stopped. */
export interface ImportOptions {
  /** Called after every batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops after the batch under way, and the source with it; what was imported stays, and importing again goes on from there. */
  readonly signal?: AbortSignal;
}

/** What an import did. */
export interface ImportResult {
  /** Events that were written. */
  readonly imported: number;
  /** Events whose ids were in the log already. */
  readonly skipped: number;
}

/** How far an import is. */
export interface ImportProgress extends ImportResult {
  /** Bytes of the source read so far. */
  readonly bytes: number;
}

/**
 * What an import needs of the store. It is handed over, not imported, so that a bundler can leave this module out of what
 * a page loads at its start without tearing the core into pieces.
 */
export interface ImportTarget {
  readonly encodeEvents: typeof encodeEvents;
  readonly streamIdToString: typeof streamIdToString;
  readonly hash53: typeof hash53;
  readonly InvalidImportError: typeof InvalidImportError;
  readonly context: EncodeContext;
  append(append: Append): Promise<{ readonly deduplicated: boolean }>;
  deleteStream(stream: string): Promise<unknown>;
}

/** AnyVersion, which would otherwise be imported. */
const ANY_VERSION: typeof AnyVersion = -1;
const DELETED: typeof StreamDeleted = '$streamDeleted';
const BATCH_EVENTS = 512;
/** A line may be this many times as long as the largest event, since escapes lengthen it; what is longer is not NDJSON. */
const LINE_BYTES = 16;

interface ImportedEvent extends EncodableEvent {
  readonly id: string;
  readonly stream: string;
  readonly line: number;
}

/**
 * Appends the events of an NDJSON stream in its order, 512 in a transaction. Ids, times and metadata are kept; versions and
 * positions are those of this log. A line without an id gets one from its text and number, so it is known the next time.
 *
 * @throws {InvalidImportError} for a line that cannot be stored; nothing of its batch was written
 */
export async function importEvents(target: ImportTarget, source: ReadableStream<Uint8Array>, options: ImportOptions = {}): Promise<ImportResult> {
  const { onProgress, signal } = options;
  let bytes = 0;
  let result = { imported: 0, skipped: 0 };
  let batch: ImportedEvent[] = [];
  const write = async (): Promise<void> => {
    signal?.throwIfAborted();
    const { imported, skipped } = await importBatch(target, batch);
    batch = [];
    result = { imported: result.imported + imported, skipped: result.skipped + skipped };
    onProgress?.({ ...result, bytes });
  };
  // A source that gives nothing for a while is not waited for.
  const abortable = signal ? source.pipeThrough(new TransformStream(), { signal }) : source;
  const unreadable = (line: number, cause: unknown): Error => invalid(target, line, `cannot be read (${String(cause)})`, cause);
  const lines = readLines(abortable, (count) => (bytes += count), unreadable, LINE_BYTES * target.context.limits.maxEventBytes);
  for await (const line of lines) {
    batch.push(parseLine(target, line));
    if (batch.length === BATCH_EVENTS) await write();
  }
  if (batch.length > 0) await write();
  return result;
}

async function importBatch(target: ImportTarget, events: readonly ImportedEvent[]): Promise<ImportResult> {
  const result = { imported: 0, skipped: 0 };
  // All is encoded before anything is written: a bad line leaves its whole batch out.
  const steps = toStretches(events).map((stretch) => ({ stretch, append: isTombstone(stretch[0]!) ? undefined : toAppend(target, stretch) }));
  for (const { stretch, append } of steps) {
    const imported = append ? await writeStretch(target, stretch, append) : await writeTombstone(target, stretch[0]!);
    result.imported += imported;
    result.skipped += stretch.length - imported;
  }
  return result;
}

/** @returns how many of the events were new */
async function writeStretch(target: ImportTarget, stretch: readonly ImportedEvent[], append: Append): Promise<number> {
  try {
    if (new Set(append.ids).size === append.ids.length) return (await target.append(append)).deduplicated ? 0 : stretch.length;
  } catch (error) {
    if (!['CORRUPTED_IDEMPOTENCY', 'STREAM_DELETED'].includes(codeOf(error))) throw error;
    if (stretch.length === 1) return 0;
  }
  // An earlier import ended within these events, they hold one twice, or one of the streams was deleted: each is told
  // apart, in order.
  const alone = stretch.map((event) => [event]);
  const written = await Promise.all(alone.map((one) => writeStretch(target, one, toAppend(target, one))));
  return written.reduce((sum, count) => sum + count, 0);
}

async function writeTombstone(target: ImportTarget, { stream }: ImportedEvent): Promise<number> {
  try {
    await target.deleteStream(stream);
    return 1;
  } catch (error) {
    if (codeOf(error) !== 'STREAM_DELETED') throw error;
    return 0;
  }
}

function isTombstone({ type }: ImportedEvent): boolean {
  return type === DELETED;
}

/** Splits events at the tombstones, which are written on their own. */
function toStretches(events: readonly ImportedEvent[]): ImportedEvent[][] {
  const stretches: ImportedEvent[][] = [];
  for (const event of events) {
    const last = stretches.at(-1);
    if (last && !isTombstone(event) && !isTombstone(last[0]!)) last.push(event);
    else stretches.push([event]);
  }
  return stretches;
}

/** One append of all the events in their order: a write for each run of the same stream. */
function toAppend(target: ImportTarget, stretch: readonly ImportedEvent[]): Append {
  const runs: ImportedEvent[][] = [];
  for (const event of stretch) {
    if (runs.at(-1)?.[0]!.stream === event.stream) runs.at(-1)!.push(event);
    else runs.push([event]);
  }
  const writes = runs.map((run) => {
    try {
      const { stream } = run[0]!;
      return { stream, expectedVersion: ANY_VERSION, batches: target.encodeEvents(stream, run, 'events', target.context) };
    } catch (cause) {
      // Its path begins with the index of the event, as in `events[3].data`.
      const { argument = '', path = argument, message } = cause as { argument?: string; path?: string; message: string };
      throw invalid(target, run[Number(/\d+/.exec(path)?.[0] ?? 0)]!.line, `cannot be stored (${message})`, cause);
    }
  });
  return { writes, ids: writes.flatMap(({ batches }) => batches.flatMap(({ ids = [] }) => ids)) as string[] };
}

function parseLine(target: ImportTarget, { text, number }: Line): ImportedEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(target, number, `is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(target, number, 'is not an event object');
  const { streamId, type, data, metadata, id, timestamp, schemaVersion, format } = value as Record<string, unknown>;
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  if (time !== undefined && !Number.isSafeInteger(time)) {
    throw invalid(target, number, 'has a timestamp that is neither milliseconds since 1970 nor an ISO 8601 date');
  }
  if (format !== undefined && typeof format !== 'string') throw invalid(target, number, 'has a format that is not a string');
  try {
    return {
      stream: target.streamIdToString(streamId as StreamId | string),
      type: type as string,
      data,
      ...(metadata !== undefined && { metadata: metadata as NonNullable<EncodableEvent['metadata']> }),
      id: id === undefined ? uuidOfText(`${number}\n${text}`, target.hash53) : (id as string),
      ...(time !== undefined && { timestamp: time as number }),
      ...(schemaVersion !== undefined && { schemaVersion: schemaVersion as number }),
      ...(format !== undefined && { format }),
      line: number,
    };
  } catch (cause) {
    throw invalid(target, number, `has no valid stream id (${(cause as Error).message})`, cause);
  }
}

function invalid({ InvalidImportError }: ImportTarget, line: number, rule: string, cause?: unknown): Error {
  const message = `Line ${line} of the import ${rule}. Nothing of its batch was written. Mend it and import again: nothing is stored twice.`;
  return new InvalidImportError(line, message, { cause });
}

function codeOf(error: unknown): string {
  return String((Object(error) as { code?: unknown }).code);
}
