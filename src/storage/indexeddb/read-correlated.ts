import type { Page, ReadRange } from '../storage.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { Kit } from './kit.ts';

/**
 * A page of the records that have an event with this correlation id, or with one of the same hash.
 *
 * @returns undefined where the records are older than the index
 */
export async function readCorrelated(kit: Kit, connection: Connection, key: number, range: ReadRange): Promise<Page | undefined> {
  const { from, limit, direction } = range;
  const forwards = direction === 'forwards';
  const { requested } = kit;
  return connection.run(['commits', 'meta'], 'readonly', async (transaction) => {
    const uncorrelatedUntil = await requested<number | undefined>(transaction.objectStore('meta').get('uncorrelatedUntil'));
    if (uncorrelatedUntil !== undefined && (!forwards || from <= uncorrelatedUntil)) return undefined;
    const records: CommitRecord[] = [];
    let events = 0;
    const request = kit.commitsOf(transaction).index('correlations').openCursor(IDBKeyRange.only(key), forwards ? 'next' : 'prev');
    // The record that holds `from` begins at most so much earlier.
    const first = forwards ? from - kit.MAX_RECORD_EVENTS + 1 : from;
    let cursor = await requested(request);
    if (cursor && (forwards ? (cursor.primaryKey as number) < first : (cursor.primaryKey as number) > first)) {
      cursor.continuePrimaryKey(key, first);
      cursor = await requested(request);
    }
    for (; cursor && events < limit; cursor = await requested(request)) {
      const record = cursor.value as CommitRecord;
      if (kit.lastPosition(record) >= from || !forwards) {
        records.push(record);
        events += kit.lastPosition(record) - record.k + 1;
      }
      cursor.continue();
    }
    const batches = records.flatMap((record) => (forwards ? kit.toBatches(record) : kit.toBatches(record).reverse()));
    const last = records.at(-1);
    if (!last || events < limit) return { batches, next: undefined };
    return { batches, next: forwards ? kit.lastPosition(last) + 1 : last.k - 1 };
  });
}
