import type { EncodableEvent } from '../event/encode.ts';
import type { StreamDeleted } from '../event/event.ts';
import type { Append } from '../storage/storage.ts';
import { readLines, type Line } from './ndjson.ts';

export interface ImportOptions {
  /** Called after every batch. */
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Stops after the batch under way; what was imported stays, and importing again goes on from there. */
  readonly signal?: AbortSignal;
}

export interface ImportResult {
  /** Events that were written. */
  readonly imported: number;
  /** Events whose ids were in the log already. */
  readonly skipped: number;
}

export interface ImportProgress extends ImportResult {
  /** Bytes of the source read so far. */
  readonly bytes: number;
}

/**
 * What an import needs of the store. It is handed over, not imported, so that a bundler can leave this module out of what
 * a page loads at its start without tearing the core into pieces.
 */
export interface ImportTarget {
  encode(stream: string, events: readonly EncodableEvent[]): Append;
  append(append: Append): Promise<{ readonly deduplicated: boolean }>;
  deleteStream(stream: string): Promise<unknown>;
  /** @throws {InvalidStreamIdError} */
  streamName(id: unknown): string;
  /** 53 bits of hash. */
  hash53(text: string, seed: number): number;
  /** An {@link InvalidImportError}. */
  invalid(line: number, rule: string, cause?: unknown): Error;
}

const DELETED: typeof StreamDeleted = '$streamDeleted';
const BATCH_EVENTS = 512;

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
  for await (const line of readLines(source, (count) => (bytes += count))) {
    batch.push(parseLine(target, line));
    if (batch.length === BATCH_EVENTS) await write();
  }
  if (batch.length > 0) await write();
  return result;
}

async function importBatch(target: ImportTarget, events: readonly ImportedEvent[]): Promise<ImportResult> {
  const steps = toRuns(events).map((run) => ({ run, append: run[0]!.type === DELETED ? undefined : toAppend(target, run) }));
  const result = { imported: 0, skipped: 0 };
  const writing: Promise<void>[] = [];
  for (const { run, append } of steps) {
    if (append) writing.push(write(target, run, append, result));
    else {
      await Promise.all(writing);
      await writeTombstone(target, run[0]!, result);
    }
  }
  await Promise.all(writing);
  return result;
}

async function write(target: ImportTarget, run: readonly ImportedEvent[], append: Append, result: { imported: number; skipped: number }): Promise<void> {
  try {
    const { deduplicated } = await target.append(append);
    result[deduplicated ? 'skipped' : 'imported'] += run.length;
  } catch (error) {
    if (codeOf(error) === 'STREAM_DELETED') result.skipped += run.length;
    else if (codeOf(error) === 'CORRUPTED_IDEMPOTENCY' && run.length > 1) {
      // An earlier import ended within this run of events: one by one, the known ones are told from the new ones.
      for (const event of run) await write(target, [event], toAppend(target, [event]), result);
    } else throw error;
  }
}

async function writeTombstone(target: ImportTarget, { stream }: ImportedEvent, result: { imported: number; skipped: number }): Promise<void> {
  try {
    await target.deleteStream(stream);
    result.imported++;
  } catch (error) {
    if (codeOf(error) !== 'STREAM_DELETED') throw error;
    result.skipped++;
  }
}

/** Splits events into stretches of one stream, which keep the order of the whole. */
function toRuns(events: readonly ImportedEvent[]): ImportedEvent[][] {
  const runs: ImportedEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.stream === event.stream && last.type !== DELETED && event.type !== DELETED) runs.at(-1)!.push(event);
    else runs.push([event]);
  }
  return runs;
}

function toAppend(target: ImportTarget, run: readonly ImportedEvent[]): Append {
  const { stream } = run[0]!;
  try {
    return target.encode(stream, run);
  } catch (error) {
    for (const event of run) checkAlone(target, event);
    throw error;
  }
}

function checkAlone(target: ImportTarget, event: ImportedEvent): void {
  try {
    target.encode(event.stream, [event]);
  } catch (cause) {
    throw target.invalid(event.line, `cannot be stored (${(cause as Error).message})`, cause);
  }
}

function parseLine(target: ImportTarget, { text, number }: Line): ImportedEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw target.invalid(number, `is not JSON (${(cause as Error).message})`, cause);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw target.invalid(number, 'is not an event object');
  const { streamId, type, data, metadata, id, timestamp } = value as Record<string, unknown>;
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  if (time !== undefined && !Number.isSafeInteger(time)) {
    throw target.invalid(number, 'has a timestamp that is neither milliseconds since 1970 nor an ISO 8601 date');
  }
  try {
    return {
      stream: target.streamName(streamId),
      type: type as string,
      data,
      ...(metadata !== undefined && { metadata: metadata as NonNullable<EncodableEvent['metadata']> }),
      id: id === undefined ? idFromText(`${number}\n${text}`, target) : (id as string),
      ...(time !== undefined && { timestamp: time as number }),
      line: number,
    };
  } catch (cause) {
    throw target.invalid(number, `has no valid stream id (${(cause as Error).message})`, cause);
  }
}

/** A UUID (version 8) that is the same for the same text. */
function idFromText(text: string, { hash53 }: ImportTarget): string {
  const [a, b, c] = [1, 2, 3].map((seed) => hash53(text, seed).toString(16).padStart(14, '0')) as [string, string, string];
  return `${a.slice(-8)}-${b.slice(-4)}-8${b.slice(-7, -4)}-8${b.slice(-10, -7)}-${c.slice(-12)}`;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
