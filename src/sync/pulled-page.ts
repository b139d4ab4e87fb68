import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { OutboxChange, OutboxView } from './outbox.ts';
import { createVoid, endsOf, idIn, type PendingCommit } from './pending-commit.ts';
import { scopeTest } from './protocol-scope.ts';
import type { Scope } from './protocol.ts';

export interface PulledPage {
  readonly batches: readonly EventBatch[];
  readonly coveredTo: number;
  /** Numbers that a client has taken on the server, when the page reaches the end of its log. */
  readonly taken: { readonly clientId: string; readonly numbers: readonly (readonly [seq: number, hash: string])[] };
}

/**
 * The commits that are in the server's log as far as this page goes. One whose events are there while its number is not
 * known to be taken (a copy of this replica may have pushed it) leaves a void with its hash, which takes the number or finds
 * it taken.
 */
export function confirmedBy(view: OutboxView, { batches, taken }: PulledPage, scope: Scope | undefined): OutboxChange | undefined {
  if (view.commits.length + view.rejected.length === 0) return undefined;
  const ids = idsIn(batches);
  // Those of another client id say nothing: another tab has numbered the outbox anew meanwhile.
  const numbers = new Map(taken.clientId === view.head.clientId ? taken.numbers : []);
  const isWanted = scopeTest(scope);
  const pulled = (commit: Pick<PendingCommit, 'writes' | 'former'>): boolean => {
    const ends = endsOf(commit, isWanted);
    return (ends !== undefined && ids.has(ends.last)) || (commit.former?.some((id) => ids.has(id)) ?? false);
  };
  const removed: number[] = [];
  const replaced: PendingCommit[] = [];
  for (const commit of view.commits) {
    const { order, seq, hash } = commit;
    if (seq !== null && numbers.get(seq) === hash) removed.push(order);
    else if (!pulled(commit)) continue;
    else if (seq === null) removed.push(order);
    else replaced.push({ ...createVoid(order, seq), hash });
  }
  const unrejected = view.rejected.filter(pulled).map(({ commitId }) => commitId);
  return removed.length + replaced.length + unrejected.length > 0 ? { removed, replaced, unrejected } : undefined;
}

/**
 * The streams for which what was pulled is not the first of what was pending there, as it was: only they need another look.
 * On all others the pending commits that are left stand where they stood.
 */
export function movedBy({ commits }: OutboxView, change: OutboxChange | undefined, batches: readonly EventBatch[]): Set<string> {
  const gone = new Set(change?.removed);
  const own = new Map<string, number>();
  const passed = new Set<string>();
  const moved = new Set<string>();
  for (const { order, seq, writes } of commits) {
    if (gone.size === 0) break;
    const confirmed = gone.delete(order) && seq !== null;
    for (const { stream, batches: pushed } of writes) {
      if (!confirmed) passed.add(stream);
      else if (passed.has(stream)) moved.add(stream);
      if (confirmed) for (const batch of pushed) own.set(idIn(batch, 0), batch.count);
    }
  }
  for (const batch of batches) if (own.get(decodeBatch(batch)[0]!.id) !== batch.count) moved.add(batch.stream);
  return moved;
}

export function idsIn(batches: readonly EventBatch[]): Set<string> {
  return new Set(batches.flatMap((batch) => decodeBatch(batch).map(({ id }) => id)));
}
