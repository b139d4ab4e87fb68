import { encodeEvents, type EncodableEvent, type EncodeContext } from '../event/encode.ts';
import { InvalidImportError, isErmineError } from '../event/errors.ts';
import { idsOf } from '../event/event-batch.ts';
import { idFromText } from '../event/event-id.ts';
import { StreamDeleted } from '../event/event.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import { AnyVersion } from '../event/version.ts';
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

/** What an import does to the store. */
export interface ImportTarget {
  append(append: Append): Promise<{ readonly deduplicated: boolean }>;
  deleteStream(stream: string): Promise<unknown>;
  readonly context: Omit<EncodeContext, 'now' | 'metadata'> & { readonly now: () => number };
}

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
    batch.push(parseLine(line));
    if (batch.length === BATCH_EVENTS) await write();
  }
  if (batch.length > 0) await write();
  return result;
}

async function importBatch(target: ImportTarget, events: readonly ImportedEvent[]): Promise<ImportResult> {
  const steps = toRuns(events).map((run) => ({ run, append: run[0]!.type === StreamDeleted ? undefined : toAppend(target, run) }));
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
    if (isErmineError(error, 'STREAM_DELETED')) result.skipped += run.length;
    else if (isErmineError(error, 'CORRUPTED_IDEMPOTENCY') && run.length > 1) {
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
    if (!isErmineError(error, 'STREAM_DELETED')) throw error;
    result.skipped++;
  }
}

/** Splits events into stretches of one stream, which keep the order of the whole. */
function toRuns(events: readonly ImportedEvent[]): ImportedEvent[][] {
  const runs: ImportedEvent[][] = [];
  for (const event of events) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.stream === event.stream && last.type !== StreamDeleted && event.type !== StreamDeleted) runs.at(-1)!.push(event);
    else runs.push([event]);
  }
  return runs;
}

function toAppend({ context }: ImportTarget, run: readonly ImportedEvent[]): Append {
  const stream = run[0]!.stream;
  const encode = (events: readonly ImportedEvent[]): ReturnType<typeof encodeEvents> =>
    encodeEvents(stream, events, 'events', { ...context, now: context.now(), metadata: undefined });
  try {
    const batches = encode(run);
    return { writes: [{ stream, expectedVersion: AnyVersion, batches }], ids: batches.flatMap(idsOf) };
  } catch (error) {
    for (const event of run) checkAlone(event, encode);
    throw error;
  }
}

function checkAlone(event: ImportedEvent, encode: (events: readonly ImportedEvent[]) => unknown): void {
  try {
    encode([event]);
  } catch (cause) {
    throw new InvalidImportError(event.line, `cannot be stored (${(cause as Error).message})`, { cause });
  }
}

function parseLine({ text, number }: Line): ImportedEvent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidImportError(number, `is not JSON (${(cause as Error).message})`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidImportError(number, 'is not an event object');
  const { streamId, type, data, metadata, id, timestamp } = value as Record<string, unknown>;
  const time = typeof timestamp === 'string' ? Date.parse(timestamp) : timestamp;
  if (time !== undefined && !Number.isSafeInteger(time)) {
    throw new InvalidImportError(number, 'has a timestamp that is neither milliseconds since 1970 nor an ISO 8601 date');
  }
  try {
    return {
      stream: streamIdToString(streamId as StreamId | string),
      type: type as string,
      data,
      ...(metadata !== undefined && { metadata: metadata as NonNullable<EncodableEvent['metadata']> }),
      id: typeof id === 'string' ? id : idFromText(`${number}\n${text}`),
      ...(time !== undefined && { timestamp: time as number }),
      line: number,
    };
  } catch (cause) {
    throw new InvalidImportError(number, `has no valid stream id (${(cause as Error).message})`, { cause });
  }
}
