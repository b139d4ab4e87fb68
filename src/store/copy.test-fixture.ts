import { decodeBatch, type RawEvent } from '../event/event-batch.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import type { Storage, StreamSummary } from '../storage/storage.ts';
import { listAllStreams } from '../storage/list-all-streams.ts';
import { openEventStore } from './open-event-store.ts';

/** All that a log is. */
export interface Dump {
  readonly head: number;
  readonly streams: readonly StreamSummary[];
  readonly events: readonly RawEvent[];
}

export async function dump(storage: Storage): Promise<Dump> {
  const log = await storage.open(() => undefined);
  try {
    const streams: StreamSummary[] = [];
    for await (const page of listAllStreams(log)) streams.push(...page);
    const events: RawEvent[] = [];
    for (let from: number | undefined = 1; from !== undefined; ) {
      const page = await log.readAll({ from, limit: 1_000, direction: 'forwards' });
      events.push(...page.batches.flatMap(decodeBatch));
      from = page.next;
    }
    return { head: await log.head(), streams, events };
  } finally {
    await log.close();
  }
}

/** A line of an import that has everything an event can have. */
function line(n: number): string {
  const id = `0190a000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
  const metadata = { correlationId: `run-${n % 7}`, causationId: 'a', userId: 'Ann', custom: { n: String(n) } };
  const format = n % 3 === 0 ? { format: 'packed', data: 'AQID' } : { data: { n, text: 'ü\u2028"\\', none: null } };
  return JSON.stringify({ streamId: `Import-${n % 5}`, type: 'Imported', id, metadata, timestamp: 1_600_000_000_000 + n, ...(n % 2 === 0 && { schemaVersion: 3 }), ...format });
}

/**
 * Fills a log with about 2,000 events: appended and imported, of one stream and of several in turns, with streams that are
 * deleted, truncated in the middle of an append, and emptied, the last event of the log among what was erased.
 */
export async function fill(storage: Storage): Promise<void> {
  const store = await openEventStore({ storage });
  const events = (count: number) => Array.from({ length: count }, (_, n) => ({ type: 'Noted', data: { n } }));
  await store.appendToStream('Note-1', NoStream, events(600));
  await store.appendToStream('Secret-1', NoStream, events(3));
  await store.importEvents(new Blob(Array.from({ length: 700 }, (_, n) => `${line(n)}\n`)));
  for (let n = 0; n < 40; n++) {
    await store.appendToStreams([
      { streamId: 'Note-2', expectedVersion: AnyVersion, events: events(3) },
      { streamId: `Part-${n}`, expectedVersion: NoStream, events: events(2) },
    ]);
  }
  await store.deleteStream('Secret-1', 3);
  await store.truncateStream('Note-1', 300);
  await store.truncateStream('Part-7', 1_000);
  await store.truncateStream('Note-2', 50);
  await store.deleteStream('Part-9', 2);
  await store.appendToStream('Part-8', 2, events(4));
  await store.truncateStream('Part-8', 1_000);
  await store.close();
}
