import { isErmineError } from '../event/errors.ts';
import type { Limits } from '../event/limits.ts';
import type { AppendDocuments } from '../storage/storage.ts';
import type { PushRequest, PushResult, WireCommit } from '../sync/protocol.ts';
import { clientKey, confirmBefore, judge, parseRecord, take } from './client-record.ts';
import type { Principal } from './principal.ts';
import { readCommit, type Outcome, type ReadCommit } from './read-commit.ts';
import { RequestFailure } from './request-failure.ts';
import type { TenantLog } from './tenant-logs.ts';

/** Tries against other tabs of the same client, each of which moves the record. */
const MAX_TRIES = 1_000;

/** What becomes of a commit: known already, or what its append comes to, undefined when the record was another one. */
type Step = Outcome | Promise<Outcome | undefined>;

/**
 * Appends a client's commits in order up to the first that cannot be, all or nothing each. They go to the log together:
 * each expects the client's record as the one before it leaves it, so nothing is written after one that is not.
 */
export async function push(tenant: TenantLog, principal: Principal, request: PushRequest, limits: Limits): Promise<PushResult[]> {
  const commits = request.commits.map((commit) => readCommit(commit, principal, limits));
  const results: PushResult[] = [];
  const skipped = new Set<number>();
  const blocked = new Set<string>();
  for (let tries = 0; results.length < commits.length; tries++) {
    if (tries === MAX_TRIES) throw new RequestFailure('BUSY', 'Too many requests of this client at once.');
    for (const step of await appendAll(tenant, principal, request, commits.slice(results.length), skipped, blocked)) {
      const outcome = await step;
      if (!outcome) break;
      const { commit } = commits[results.length]!;
      results.push({ seq: commit.seq, ...outcome });
      tries = 0;
      if (outcome.status === 'accepted' || outcome.status === 'seen') continue;
      if (!request.lanes || outcome.status === 'gap' || outcome.status === 'taken') return results;
      // The streams of this commit wait for it; others go on, on the record without it.
      skipped.add(commit.seq);
      for (const stream of streamsOf(commit)) blocked.add(stream);
      break;
    }
  }
  return results;
}

/** Begins to append them, up to the first that is known not to be. @returns what becomes of each in order, all at an end */
async function appendAll(
  tenant: TenantLog,
  principal: Principal,
  { clientId, from }: PushRequest,
  commits: readonly ReadCommit[],
  skipped: ReadonlySet<number>,
  blocked: ReadonlySet<string>,
): Promise<readonly Step[]> {
  const key = clientKey(clientId);
  const [found] = await tenant.documents.get([key]);
  let record = confirmBefore(parseRecord(found, principal), from);
  if (!record) return [{ status: 'gap' }];
  let text = found;
  const steps: Step[] = [];
  for (const read of commits) {
    const { writes, refusal } = read;
    const { seq, hash } = read.commit;
    const verdict = judge(record, seq, hash, skipped);
    if (verdict === 'seen') {
      steps.push({ status: verdict });
      continue;
    }
    const stop: Outcome | undefined = verdict !== 'new' ? { status: verdict } : (refusal ?? (writes.some(({ stream }) => blocked.has(stream)) ? { status: 'wait' } : undefined));
    if (stop) {
      steps.push(stop);
      break;
    }
    // A void is no append: it goes alone.
    const isVoid = writes.length === 0;
    if (isVoid && text !== found) break;
    record = take(record, seq, hash);
    const after = JSON.stringify(record);
    steps.push(append(tenant, read, { expect: [{ ...key, data: text }], puts: [{ ...key, data: after }] }));
    text = after;
    if (isVoid) break;
  }
  await Promise.allSettled(steps);
  return steps;
}

/** @returns undefined when the client's record is another one */
async function append({ queue, documents }: TenantLog, { writes, ids }: ReadCommit, record: AppendDocuments): Promise<Outcome | undefined> {
  if (writes.length === 0) return (await documents.write(record)) ? { status: 'accepted' } : undefined;
  try {
    const { deduplicated } = await queue.append({ writes, ids, documents: record });
    // Its events are in the log, under another number: then only the number is taken.
    return deduplicated && !(await documents.write(record)) ? undefined : { status: 'accepted' };
  } catch (error) {
    if (isErmineError(error, 'DOCUMENT_CONFLICT')) return undefined;
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    return refusal;
  }
}

/** The streams of a commit, which may be malformed. */
function streamsOf({ writes }: WireCommit): string[] {
  return Array.isArray(writes) ? writes.map((write: unknown) => String((Object(write) as { stream?: unknown }).stream)) : [];
}

function refusalOf(error: unknown): Outcome | undefined {
  if (!isErmineError(error)) return undefined;
  switch (error.code) {
    case 'CONCURRENCY_CONFLICT':
      return { status: 'conflict', code: error.code, message: error.message, stream: error.streamId, expected: error.expectedVersion, actual: error.actualVersion };
    case 'STREAM_DELETED':
      return { status: 'conflict', code: error.code, message: error.message, stream: error.streamId };
    case 'CORRUPTED_IDEMPOTENCY':
    // The storage cannot keep it, and never will.
    case 'INVALID_EVENT':
      return { status: 'refused', code: error.code, message: error.message };
    default:
      return undefined;
  }
}
