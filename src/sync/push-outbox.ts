import type { OutboxView } from './outbox.ts';
import { isVoid, type PendingCommit, type RejectionReason } from './pending-commit.ts';
import { batchToText } from './protocol-batch.ts';
import { MAX_UNCONFIRMED_COMMITS, type PushResult } from './protocol.ts';
import { ServerFailure } from './server-messages.ts';

/** What the server takes. */
export interface PushLimits {
  readonly maxCommitBytes: number;
  readonly maxPushBytes: number;
}

/** The commits of a push, as the text of its list. */
export interface PushSelection {
  readonly commits: readonly PendingCommit[];
  readonly text: string;
  /** One that the server would not read, and that comes first: nothing can be pushed before it is gone. */
  readonly tooLarge: PendingCommit | undefined;
}

const utf8 = new TextEncoder();

/** In the order of their numbers, as many as one push may hold. */
export function selectCommits({ commits }: OutboxView, limits: PushLimits): PushSelection {
  const inLine = commits.filter(({ seq }) => seq !== null).sort((a, b) => a.seq! - b.seq!);
  const selected: PendingCommit[] = [];
  const texts: string[] = [];
  let bytes = 0;
  for (const commit of inLine.slice(0, MAX_UNCONFIRMED_COMMITS)) {
    const text = commitToText(commit);
    const size = utf8.encode(text).length;
    if (size > limits.maxCommitBytes) {
      if (selected.length === 0) return { commits: [], text: '', tooLarge: commit };
      break;
    }
    if (selected.length > 0 && bytes + size > limits.maxPushBytes) break;
    selected.push(commit);
    texts.push(text);
    bytes += size;
  }
  return { commits: selected, text: `[${texts.join(',')}]`, tooLarge: undefined };
}

/** After a push that was too large for what stands before the server: half of it. @throws the error when it says something else, or less cannot be pushed */
export function smallerLimits(limits: PushLimits, { commits, text }: PushSelection, error: unknown): PushLimits {
  if (commits.length === 1 || !(error instanceof ServerFailure) || error.code !== 'TOO_LARGE') throw error;
  return { ...limits, maxPushBytes: Math.floor(text.length / 2) };
}

function commitToText({ seq, hash, writes }: PendingCommit): string {
  const parts = writes.map(
    ({ stream, expected, batches }) => `{"stream":${JSON.stringify(stream)},"expected":${expected},"batches":[${batches.map(batchToText).join(',')}]}`,
  );
  return `{"seq":${seq},"hash":${JSON.stringify(hash)},"writes":[${parts.join(',')}]}`;
}

/** Every commit before this number is confirmed. */
export function firstUnconfirmed({ head, commits }: OutboxView): number {
  return commits.reduce((least, { seq }) => (seq === null ? least : Math.min(least, seq)), head.seq);
}

export function reasonOf({ code = 'REFUSED', message = 'The server refused it.', stream, expected, actual }: PushResult): RejectionReason {
  return {
    code,
    message,
    ...(stream !== undefined && { stream }),
    ...(expected !== undefined && { expectedVersion: expected }),
    ...(actual !== undefined && { actualVersion: actual }),
  };
}

/** The outbox under another client id: numbered anew, without voids, which are of the old numbers. */
export function renumbered({ commits }: OutboxView, clientId: string): { clientId: string; replaced: PendingCommit[]; removed: number[]; seq: number } {
  let seq = 1;
  const inLine = commits.filter((commit) => commit.seq !== null && !isVoid(commit)).sort((a, b) => a.seq! - b.seq!);
  return {
    clientId,
    replaced: inLine.map((commit) => ({ ...commit, seq: seq++ })),
    removed: commits.filter(isVoid).map(({ order }) => order),
    seq,
  };
}
