import { InvalidEventError, StreamDeletedError, SyncRefusedError } from '../event/errors.ts';
import type { NewBatch } from '../event/event-batch.ts';
import type { OutboxView } from './outbox.ts';
import { BEHIND_STUCK, countOf, hashOf, idIn, plainBatch, type PendingCommit, type PendingWrite, type RejectedCommit } from './pending-commit.ts';
import type { Replica } from './replica.ts';

/**
 * Puts a rejected commit back at the end of the outbox, on its streams as they are now.
 *
 * @param encode what it appends instead; only for a commit of one stream
 * @throws {SyncRefusedError} when no rejected commit has this id
 */
export async function restoreRejected(replica: Replica, commitId: string, encode: ((stream: string) => readonly NewBatch[] | Promise<readonly NewBatch[]>) | undefined): Promise<void> {
  let encoded: { readonly stream: string; readonly batches: Promise<readonly NewBatch[]> } | undefined;
  const insteadOf = ({ writes }: RejectedCommit): Promise<readonly NewBatch[]> | undefined => {
    if (!encode) return undefined;
    if (writes.length !== 1) throw new InvalidEventError('events', 'cannot replace a commit of several streams');
    const { stream } = writes[0]!;
    if (encoded?.stream !== stream) encoded = { stream, batches: Promise.resolve(encode(stream)) };
    return encoded.batches;
  };
  // During the call, as in an append: the caller may change the events as soon as it returns.
  const seen = replica.outbox.seen?.rejected.find((one) => one.commitId === commitId);
  if (seen) insteadOf(seen)?.catch(() => undefined);
  for (;;) {
    const view = await replica.outbox.look();
    const commit = findRejected(view, commitId);
    const streams = new Set(commit.writes.map(({ stream }) => stream));
    const versions = await replica.replicatedVersions(streams);
    const batches = await insteadOf(commit);
    const added = restored(view, commit, versions, batches?.map(plainBatch));
    if (await replica.change(view, { added: [added], unrejected: [commitId] }, versions)) return;
  }
}

/** @throws {SyncRefusedError} when no rejected commit has this id */
export async function discardRejected(replica: Replica, commitId: string): Promise<void> {
  for (;;) {
    const view = await replica.outbox.look();
    findRejected(view, commitId);
    if (await replica.change(view, { unrejected: [commitId] })) return;
  }
}

function findRejected({ rejected }: OutboxView, commitId: string): RejectedCommit {
  const commit = rejected.find((one) => one.commitId === commitId);
  if (!commit) throw new SyncRefusedError('UNKNOWN_COMMIT', `No rejected commit has the id ${commitId}: it was retried, discarded or confirmed, perhaps in another tab.`);
  return commit;
}

function restored(
  view: OutboxView,
  { commitId, writes, command, former = [], reason }: RejectedCommit,
  confirmed: ReadonlyMap<string, number>,
  instead: readonly NewBatch[] | undefined,
): PendingCommit {
  const running = new Map(confirmed);
  let stuck = false;
  for (const commit of view.commits) {
    for (const write of commit.writes) {
      if (!running.has(write.stream)) continue;
      running.set(write.stream, running.get(write.stream)! + countOf(write));
      stuck ||= commit.stuck !== undefined;
    }
  }
  const again = writes.map((write): PendingWrite => {
    const { stream } = write;
    // Of a stream that is not replicated, what the server has said is all there is.
    const told = reason.stream === stream ? reason.actualVersion : undefined;
    const version = running.get(stream) ?? told ?? write.expected;
    if (!Number.isInteger(version)) throw new StreamDeletedError(stream);
    return { stream, batches: instead ?? write.batches, expected: write.expected < 0 ? write.expected : version };
  });
  const last = instead ? writes[0]!.batches.at(-1) : undefined;
  return {
    order: view.head.next,
    seq: stuck ? null : view.head.seq,
    hash: hashOf(again),
    commitId,
    writes: again,
    ...(command !== undefined && !instead && { command }),
    // Should what it was be accepted after all, it is this one.
    former: last ? [...former, idIn(last, last.count - 1)] : former,
    ...(stuck && { stuck: BEHIND_STUCK }),
  };
}
