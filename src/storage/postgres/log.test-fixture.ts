import { encodeAppend } from '../../store/encode-append.ts';
import { defaultLimits } from '../../event/limits.ts';
import type { EventData } from '../../event/event.ts';
import type { ErmineError } from '../../event/errors.ts';
import type { Append, Log, Storage } from '../storage.ts';
import { onTestFinished } from 'vitest';

/** One append as the store gives it to a log. */
export function append(stream: string, expectedVersion: number, events: readonly EventData[]): Append {
  return encodeAppend([{ streamId: stream, expectedVersion, events }], { limits: defaultLimits, now: 1_000, metadata: undefined });
}

/** Opens a log that is closed when the test ends. */
export async function openLog(storage: Storage, onConnection: (error?: ErmineError) => void = () => undefined): Promise<Log> {
  const log = await storage.open(onConnection);
  onTestFinished(() => log.close());
  return log;
}

/** The same log under a name that nobody else has, so that no hint but the storage's own comes through. */
export function apart(storage: Storage): Storage {
  return { name: `${storage.name}, apart ${crypto.randomUUID()}`, open: (onConnection) => storage.open(onConnection) };
}

/** Positions of all events that a reader of the log sees from a position on. */
export async function positionsFrom(log: Log, from: number): Promise<number[]> {
  const { batches } = await log.readAll({ from, limit: 256, direction: 'forwards' });
  return batches.flatMap(({ position, count }) => Array.from({ length: count }, (_, i) => position + i)).filter((position) => position >= from);
}
