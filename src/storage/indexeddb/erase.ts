import { eraseFirst } from '../../event/erase-first.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Kit } from './kit.ts';

/** Read at a time. */
const PAGE_RECORDS = 64;

/**
 * Erases the payloads of a stream's events before a version, in a transaction of the caller's. Only reading is waited for,
 * page by page: to wait for each record takes so long that a long stream could not be erased in the time a transaction has.
 *
 * @param range of the index of streams
 * @param head the key of the stream's last record, which stays in the index since it tells the stream's version
 * @returns how many events were erased
 */
export async function eraseBefore(
  kit: Kit,
  commits: IDBObjectStore,
  range: IDBKeyRange,
  stream: string,
  beforeVersion: number,
  head: number | undefined,
): Promise<number> {
  let erased = 0;
  for (let rest = range; ; ) {
    const records = await kit.requested<CommitRecord[]>(commits.index('streams').getAll(rest, PAGE_RECORDS));
    let key: IDBValidKey = [];
    for (const before of records) {
      key = before.s.find((entry) => entry?.[0] === stream)!;
      const { record, count } = erase(before, stream, beforeVersion, kit);
      const live = kit.toBatches(record, stream).length > 0 || key[1] === head;
      if (!live) record.s = record.s.map((entry) => (entry?.[0] === stream ? null : entry));
      if (count > 0 || !live) commits.put(record);
      erased += count;
    }
    if (records.length < PAGE_RECORDS || indexedDB.cmp(key, range.upper) === 0) return erased;
    rest = IDBKeyRange.bound(key, range.upper, true);
  }
}

function erase(record: CommitRecord, stream: string, beforeVersion: number, { toBatches, idAt }: Kit): { record: CommitRecord; count: number } {
  let count = 0;
  const rest: CommitRecord = { ...record, h: [], b: [], p: [] };
  toBatches(record).forEach((batch, i) => {
    const parts = batch.stream === stream ? eraseFirst(batch, beforeVersion - batch.version, idAt) : [batch];
    if (parts[0] !== batch && parts[0]!.stream === '') count += parts[0]!.count;
    for (const part of parts) {
      rest.h.push(record.h[4 * i]!, part.version, part.count, part.timestamp);
      rest.b.push(part.idBase);
      rest.p.push(part.events);
    }
  });
  return { record: rest, count };
}
