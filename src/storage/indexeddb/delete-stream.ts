import type { NewBatch } from '../../event/event-batch.ts';
import { idAt } from '../../event/event-id.ts';
import { evaluateAppends, isDeleted } from '../evaluate-appends.ts';
import type { AppendOutcome } from '../storage.ts';
import { addAll, recordsOf } from './commit-appends.ts';
import { MAX_RECORD_EVENTS, toBatches } from './commit-record.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readHeads, readState } from './read-state.ts';
import { requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';
import { snapshotsOf } from './snapshots.ts';

type Durability = { readonly durability: 'strict' | 'relaxed' };

const kit = { requested, toBatches, idAt };

/** Writes the tombstone and erases what was before it, in one transaction: other tabs see both or neither. */
export async function deleteStream(
  connection: Connection,
  cache: HeadCache,
  stream: string,
  expectedVersion: number,
  tombstone: NewBatch,
  durability: Durability,
): Promise<AppendOutcome> {
  const { eraseBefore } = await import('./erase.ts');
  const append = { writes: [{ stream, expectedVersion, batches: [tombstone] }], ids: [] };
  return connection.run(
    ['commits', 'snapshots'],
    'readwrite',
    async (transaction) => {
      const commits = commitsOf(transaction);
      const outcomes = evaluateAppends([append], await readState({ look: (body) => body(commits) }, cache, [append]));
      if (!outcomes[0]!.ok) return outcomes[0]!;
      await eraseBefore(commits.index('streams').openCursor(streamRange(stream)), stream, Infinity, undefined, kit);
      transaction.objectStore('snapshots').delete(snapshotsOf(stream));
      addAll(transaction, recordsOf(outcomes));
      return outcomes[0]!;
    },
    durability,
  );
}

/** @returns how many events were erased */
export async function truncateStream(connection: Connection, stream: string, beforeVersion: number, durability: Durability): Promise<number> {
  const { eraseBefore } = await import('./erase.ts');
  return connection.run(
    ['commits'],
    'readwrite',
    async (transaction) => {
      const commits = commitsOf(transaction);
      const head = (await readHeads(commits, [stream]))[0]![1];
      if (isDeleted(head)) return 0;
      const range = streamRange(stream, 0, beforeVersion + MAX_RECORD_EVENTS);
      return eraseBefore(commits.index('streams').openCursor(range), stream, beforeVersion, head, kit);
    },
    { ...durability, repeatable: true },
  );
}
