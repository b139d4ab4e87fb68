import { SyncRefusedError } from '../event/errors.ts';
import { listAllDocuments } from '../storage/list-all-documents.ts';
import type { DocumentRecord } from '../storage/storage.ts';
import { createVoid, endsOf, isVoid, type PendingCommit } from './pending-commit.ts';
import { scopeTest } from './protocol-scope.ts';
import { scopeOf, type Replica } from './replica.ts';

/**
 * Brings what is pending, the dead letters and how far a local log was adopted from a replica that has moved to the one that
 * goes on with it, in one transaction. Doing it again does nothing.
 */
export async function takeOver(from: Replica, to: Replica): Promise<void> {
  for (;;) {
    const target = await to.outbox.look();
    const { movedFrom } = target.head;
    if (movedFrom === from.log.epoch) return;
    if (movedFrom !== undefined) throw new SyncRefusedError('NOT_A_REPLICA', 'The storage holds a replica that has taken over another one. Each generation needs a storage of its own.');
    const { commits, rejected, head: last } = await from.outbox.look();
    const isWanted = scopeTest(scopeOf((await to.state()).state));
    const moved = await Promise.all(commits.map((commit) => asConfirmed(to, commit, isWanted)));
    const written = await to.outbox.replace(target, {
      head: { clientId: last.clientId, next: last.next, seq: last.seq, edits: last.edits + 1, movedFrom: from.log.epoch },
      commits: moved.filter((commit) => commit !== undefined),
      rejected,
      more: await adopted(from),
    });
    if (written) return;
  }
}

/** A commit whose events are in the log already leaves a void with its hash, which finds its number taken. */
async function asConfirmed(replica: Replica, commit: PendingCommit, isWanted: (stream: string) => boolean): Promise<PendingCommit | undefined> {
  const ends = isVoid(commit) ? undefined : endsOf(commit, isWanted);
  if (!ends) return commit;
  const writes = commit.writes.map(({ stream, expected }) => ({ stream, expectedVersion: expected, batches: [] }));
  const known = await replica.confirmedResult({ writes, ids: [ends.last] });
  if (known === undefined) return commit;
  return commit.seq === null ? undefined : { ...createVoid(commit.order, commit.seq), hash: commit.hash };
}

async function adopted({ documents }: Replica): Promise<DocumentRecord[]> {
  const found: DocumentRecord[] = [];
  for await (const { key, data } of listAllDocuments(documents, { collection: '$sync', lower: 'adopted:' })) {
    if (key.startsWith('adopted:')) found.push({ collection: '$sync', key, data });
  }
  return found;
}
