import { idAt, newIdBase } from '../event/event-id.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { isTombstone } from '../event/tombstone.ts';
import type { Log, Storage } from '../storage/storage.ts';
import { countOf, hashOf, plainBatch, type PendingCommit, type PendingWrite } from './pending-commit.ts';
import type { Replica } from './replica.ts';

/** How much of a log that was never synced has been taken over. */
export interface AdoptProgress {
  /** Events that are pending commits now. */
  readonly events: number;
  /** Position reached in the local log, and its end. */
  readonly position: number;
  readonly head: number;
}

const PAGE_EVENTS = 1_000;

/**
 * Makes the events of a log that was never synced pending commits, in order, with their ids and times. How far it has come
 * is written with them, so going on after an interruption, or doing it again, takes nothing twice.
 */
export async function adoptLog(storage: Storage, replica: Replica, onProgress?: (progress: AdoptProgress) => void): Promise<void> {
  const log = await storage.open(() => undefined);
  try {
    const head = await log.head();
    for (let events = 0; ; ) {
      const taken = await adoptPage(log, replica);
      if (taken === undefined) continue;
      events += taken.events;
      onProgress?.({ events, position: taken.position, head });
      if (taken.position >= head) return;
    }
  } finally {
    await log.close();
  }
}

/** @returns undefined when another tab was faster */
async function adoptPage(log: Log, replica: Replica): Promise<{ events: number; position: number } | undefined> {
  const progress = { collection: '$sync', key: `adopted:${log.epoch}` };
  const [text] = await replica.documents.get([progress]);
  const position = text === undefined ? 0 : Number(text);
  const { batches, next } = await log.readAll({ from: position + 1, limit: PAGE_EVENTS, direction: 'forwards' });
  const last = batches.at(-1);
  if (!last) return { events: 0, position: Math.max(position, await log.head()) };
  const reached = next === undefined ? last.position + last.count - 1 : next - 1;
  const wanted = batches.filter((batch) => batch.position > position && batch.stream !== '' && !isTombstone(batch));
  const view = await replica.outbox.look();
  const versions = await replica.versions(new Set(wanted.map(({ stream }) => stream)));
  const running = new Map([...versions].map(([stream, version]) => [stream, Math.floor(version)]));
  for (const write of view.commits.flatMap(({ writes }) => writes)) {
    if (running.has(write.stream)) running.set(write.stream, running.get(write.stream)! + countOf(write));
  }
  const added = wanted.map((batch, i): PendingCommit => {
    const writes = [toWrite(batch, running)];
    return { order: view.head.next + i, seq: view.head.seq + i, hash: hashOf(writes), commitId: idAt(newIdBase(batch.timestamp), i), writes };
  });
  const written = await replica.change(view, { added }, versions, {
    expect: [{ ...progress, data: text }],
    puts: [{ ...progress, data: String(reached) }],
  });
  return written ? { events: wanted.reduce((sum, { count }) => sum + count, 0), position: reached } : undefined;
}

/** It continues its stream: whoever has moved it on the server meanwhile is a conflict, as with any other append. */
function toWrite(batch: EventBatch, running: Map<string, number>): PendingWrite {
  const expected = running.get(batch.stream)!;
  running.set(batch.stream, expected + batch.count);
  return { stream: batch.stream, expected, batches: [plainBatch(batch)] };
}
