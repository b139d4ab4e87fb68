import { hash53, idAt } from '../event/event-id.ts';
import type { EventTuple, NewBatch } from '../event/event-batch.ts';

export interface PendingWrite {
  readonly stream: string;
  /** A version from 0, AnyVersion or StreamExists. */
  readonly expected: number;
  readonly batches: readonly NewBatch[];
}

/** One append that waits for the server, or a void: a number without a commit. */
export interface PendingCommit {
  /** Its place among the commits of this replica, which it keeps. */
  readonly order: number;
  /** Its number on the server; null while a policy keeps it out of the line. */
  readonly seq: number | null;
  /** Of what is pushed under the number, see `hashOf`. */
  readonly hash: string;
  /** Empty for a void. */
  readonly commitId: string;
  readonly writes: readonly PendingWrite[];
  /** What was decided on, for `redecide`. */
  readonly command?: unknown;
  /** How often a policy has changed it. */
  readonly attempts?: number;
  /** Last event ids of what it was before a policy changed it: should that have been accepted after all, it is this commit. */
  readonly former?: readonly string[];
  /** Why it is out of the line. */
  readonly stuck?: string;
}

/** An append that is durable here and waits for the server. */
export interface PendingAppend {
  /** The provisional version of the stream of each write. */
  readonly versions: readonly number[];
  readonly deduplicated: boolean;
}

/** A commit that will not be pushed any more, and why. */
export interface RejectedCommit {
  readonly commitId: string;
  readonly writes: readonly PendingWrite[];
  readonly command?: unknown;
  readonly former?: readonly string[];
  readonly reason: RejectionReason;
}

/** Why a commit was rejected. */
export interface RejectionReason {
  /** `REJECTED`: by a policy. Others are what the server said, such as `FORBIDDEN`. */
  readonly code: 'CONCURRENCY_CONFLICT' | 'STREAM_DELETED' | 'REJECTED' | 'TOO_MANY_ATTEMPTS' | (string & {});
  readonly message: string;
  readonly stream?: string;
  readonly expectedVersion?: number;
  readonly actualVersion?: number;
}

/** Why a commit waits that comes after a stuck one. */
export const BEHIND_STUCK = 'An earlier commit of the stream is stuck.';

/** Tells the server one commit under a number from another. */
export function hashOf(writes: readonly PendingWrite[]): string {
  const text = JSON.stringify(writes);
  return hash53(text).toString(36) + hash53(text, 1).toString(36);
}

export function createVoid(order: number, seq: number): PendingCommit {
  return { order, seq, hash: `void-${order}-${seq}`, commitId: '', writes: [] };
}

export function isVoid({ commitId }: PendingCommit): boolean {
  return commitId === '';
}

export function countOf({ batches }: PendingWrite): number {
  return batches.reduce((sum, { count }) => sum + count, 0);
}

/** The ids of the first and of the last event that a pull of these streams brings; undefined when it brings none. */
export function endsOf({ writes }: { readonly writes: readonly PendingWrite[] }, isWanted: (stream: string) => boolean): { first: string; last: string } | undefined {
  let first: NewBatch | undefined;
  let last: NewBatch | undefined;
  for (const { stream, batches } of writes) {
    if (!isWanted(stream)) continue;
    first ??= batches[0];
    last = batches.at(-1) ?? last;
  }
  return first && last && { first: endIdsOf(first).first, last: endIdsOf(last).last };
}

/** Every page that is pulled is compared with the ends of all commits that wait. */
const endIds = new WeakMap<NewBatch, { readonly first: string; readonly last: string }>();

function endIdsOf(batch: NewBatch): { readonly first: string; readonly last: string } {
  let ids = endIds.get(batch);
  if (!ids) endIds.set(batch, (ids = { first: idIn(batch, 0), last: idIn(batch, batch.count - 1) }));
  return ids;
}

export function idIn({ events, idBase }: NewBatch, index: number): string {
  return (JSON.parse(events) as EventTuple[])[index]![3] ?? idAt(idBase, index);
}

const idsByCommit = new WeakMap<PendingCommit, readonly string[]>();

/** The ids of its events in order. Each append that brings ids is compared with those of all commits that wait. */
export function idsOfCommit(commit: PendingCommit): readonly string[] {
  let ids = idsByCommit.get(commit);
  if (!ids) {
    const batches = commit.writes.flatMap((write) => write.batches);
    ids = batches.flatMap(({ events, idBase }) => (JSON.parse(events) as EventTuple[]).map((tuple, i) => tuple[3] ?? idAt(idBase, i)));
    idsByCommit.set(commit, ids);
  }
  return ids;
}

/** Without a place and without the index of ids, which is made where it is written. */
export function plainBatch({ stream, count, timestamp, idBase, events }: NewBatch): NewBatch {
  return { stream, count, timestamp, idBase, events };
}
