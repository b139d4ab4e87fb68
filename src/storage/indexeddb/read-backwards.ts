import type { EventBatch } from '../../event/event-batch.ts';
import type { Page } from '../storage.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { Kit } from './kit.ts';

/** A page of a stream, or of all: record by record from the end, as there is no request for many of them in this order. */
export async function readBackwards(kit: Kit, connection: Connection, stream: string | undefined, from: number, limit: number): Promise<Page> {
  const batches: EventBatch[] = [];
  const placeOf = (batch: EventBatch): number => (stream === undefined ? batch.position : batch.version);
  let events = 0;
  await connection.run(['commits'], 'readonly', async (transaction) => {
    const commits = kit.commitsOf(transaction);
    const source = stream === undefined ? commits : commits.index('streams');
    // The record that holds version `from` of a stream ends at most so much later; of a deleted one there is one record.
    const range = stream === undefined ? IDBKeyRange.upperBound(from) : kit.streamRange(stream, 0, from + kit.MAX_RECORD_EVENTS);
    const request = source.openCursor(range, 'prev');
    for (let cursor = await kit.requested(request); cursor && events < limit; cursor = await kit.requested(request)) {
      for (const batch of kit.toBatches(cursor.value as CommitRecord, stream).reverse()) {
        const wanted = placeOf(batch) <= from;
        if (wanted) events += batch.count;
        if (wanted || kit.isTombstone(batch)) batches.push(batch);
      }
      cursor.continue();
    }
  });
  return { next: events < limit ? undefined : placeOf(batches.at(-1)!) - 1, batches };
}
