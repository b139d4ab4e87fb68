import { eraseFirst, type NewBatch } from '../../event/event-batch.ts';
import { DELETED, evaluateAppends } from '../evaluate-appends.ts';
import type { AppendOutcome } from '../storage.ts';
import { addAll, recordsOf } from './commit-appends.ts';
import { MAX_RECORD_EVENTS, toBatches, type CommitRecord } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readState } from './read-state.ts';
import { requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';
import { snapshotsOf } from './snapshots.ts';

type Durability = { readonly durability: 'strict' | 'relaxed' };

/** Writes the tombstone and erases what was before it, in one transaction: other tabs see both or neither. */
export async function deleteStream(
  connection: Connection,
  cache: HeadCache,
  stream: string,
  expectedVersion: number,
  tombstone: NewBatch,
  durability: Durability,
): Promise<AppendOutcome> {
  const append = { writes: [{ stream, expectedVersion, batches: [tombstone] }], ids: [] };
  return connection.run(
    ['commits', 'snapshots'],
    'readwrite',
    async (transaction) => {
      const commits = commitsOf(transaction);
      const outcomes = evaluateAppends([append], await readState(commits, cache, [append]));
      if (!outcomes[0]!.ok) return outcomes[0]!;
      await eraseBefore(commits, stream, DELETED, true);
      transaction.objectStore('snapshots').delete(snapshotsOf(stream));
      addAll(transaction, recordsOf(outcomes));
      return outcomes[0]!;
    },
    durability,
  );
}

/** @returns how many events were erased */
export async function truncateStream(
  connection: Connection,
  stream: string,
  beforeVersion: number,
  durability: Durability,
): Promise<number> {
  return connection.run(
    ['commits'],
    'readwrite',
    (transaction) => eraseBefore(commitsOf(transaction), stream, beforeVersion, false),
    { ...durability, repeatable: true },
  );
}

async function eraseBefore(
  commits: IDBObjectStore,
  stream: string,
  beforeVersion: number,
  whole: boolean,
): Promise<number> {
  let erased = 0;
  const index = commits.index('streams');
  const [[, head]] = (await readHeads(commits, [stream])) as [[string, number]];
  if (head === 0 || head === DELETED) return 0;
  const range = streamRange(stream, 0, beforeVersion + MAX_RECORD_EVENTS);
  const records = index.openCursor(range);
  for (let cursor = await requested(records); cursor; cursor = await requested(records)) {
    const { record, count } = erase(cursor.value as CommitRecord, stream, beforeVersion);
    // The stream's last key stays, since it tells the version of the stream; others lead to nothing now.
    const live = toBatches(record, stream).length > 0 || (!whole && (cursor.key as [string, number])[1] === head);
    if (!live) record.s = record.s.map((entry) => (entry?.[0] === stream ? null : entry));
    erased += count;
    if (count > 0 || !live) cursor.update(record);
    cursor.continue();
  }
  return erased;
}

function erase(record: CommitRecord, stream: string, beforeVersion: number): { record: CommitRecord; count: number } {
  let count = 0;
  const rest: CommitRecord = { ...record, h: [], b: [], p: [] };
  toBatches(record).forEach((batch, i) => {
    const parts = batch.stream === stream ? eraseFirst(batch, beforeVersion - batch.version) : [batch];
    if (parts[0] !== batch && parts[0]!.stream === '') count += parts[0]!.count;
    for (const part of parts) {
      rest.h.push(record.h[4 * i]!, part.version, part.count, part.timestamp);
      rest.b.push(part.idBase);
      rest.p.push(part.events);
    }
  });
  return { record: rest, count };
}
