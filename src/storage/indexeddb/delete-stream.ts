import type { NewBatch } from '../../event/event-batch.ts';
import type { AppendOutcome } from '../storage.ts';
import type { Connection } from './connection.ts';
import { eraseBefore } from './erase.ts';
import type { HeadCache } from './head-cache.ts';
import type { Kit } from './kit.ts';
import { snapshotsOf } from './snapshots.ts';

type Durability = { readonly durability: 'strict' | 'relaxed' };

/** Writes the tombstone and erases what was before it, in one transaction: other tabs see both or neither. */
export async function deleteStream(
  kit: Kit,
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
      const commits = kit.commitsOf(transaction);
      const outcomes = kit.evaluateAppends([append], await kit.readState({ look: (body) => body(commits) }, cache, [append]));
      if (!outcomes[0]!.ok) return outcomes[0]!;
      await eraseBefore(kit, commits, kit.streamRange(stream), stream, Infinity, undefined);
      transaction.objectStore('snapshots').delete(snapshotsOf(stream));
      kit.addAll(transaction, kit.recordsOf(outcomes), false);
      return outcomes[0]!;
    },
    durability,
  );
}

/** @returns how many events were erased */
export async function truncateStream(kit: Kit, connection: Connection, stream: string, beforeVersion: number, durability: Durability): Promise<number> {
  return connection.run(
    ['commits'],
    'readwrite',
    async (transaction) => {
      const commits = kit.commitsOf(transaction);
      const head = (await kit.readHeads(commits, [stream]))[0]![1];
      if (kit.isDeleted(head)) return 0;
      const range = kit.streamRange(stream, 0, beforeVersion + kit.MAX_RECORD_EVENTS);
      return eraseBefore(kit, commits, range, stream, beforeVersion, head);
    },
    { ...durability, repeatable: true },
  );
}
