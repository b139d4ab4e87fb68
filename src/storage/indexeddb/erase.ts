import { eraseFirst } from '../../event/erase-first.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Kit } from './kit.ts';

/**
 * Erases the payloads of a stream's events before a version, record by record of the cursor.
 *
 * @param head the key of the stream's last record, which stays in the index since it tells the stream's version
 * @returns how many events were erased
 */
export async function eraseBefore(
  kit: Kit,
  request: IDBRequest<IDBCursorWithValue | null>,
  stream: string,
  beforeVersion: number,
  head: number | undefined,
): Promise<number> {
  let erased = 0;
  for (let cursor = await kit.requested(request); cursor; cursor = await kit.requested(request)) {
    const { record, count } = erase(cursor.value as CommitRecord, stream, beforeVersion, kit);
    const live = kit.toBatches(record, stream).length > 0 || (cursor.key as [string, number])[1] === head;
    if (!live) record.s = record.s.map((entry) => (entry?.[0] === stream ? null : entry));
    if (count > 0 || !live) cursor.update(record);
    erased += count;
    cursor.continue();
  }
  return erased;
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
