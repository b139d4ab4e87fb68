import { checkBytes } from '../event/encode.ts';
import { EventTooLargeError, isErmineError } from '../event/errors.ts';
import { idsOf } from '../event/event-batch.ts';
import type { Limits } from '../event/limits.ts';
import type { StreamWrite } from '../storage/storage.ts';
import { isReserved, readBatch } from '../sync/protocol-batch.ts';
import { MalformedMessage, readShape } from '../sync/protocol-schema.ts';
import { inScope } from '../sync/protocol-scope.ts';
import { schemas, type PushRequest, type PushResult, type WireCommit } from '../sync/protocol.ts';
import { clientKey, confirmBefore, judge, take, type ClientRecord } from './client-record.ts';
import type { Principal } from './principal.ts';
import { RequestFailure } from './request-failure.ts';
import type { TenantLog } from './tenant-logs.ts';

type Refusal = Omit<PushResult, 'seq'>;

/** Tries against other tabs of the same client, each of which moves the record. */
const MAX_TRIES = 1_000;

/** Appends a client's commits in order, each one in a transaction of its own, up to the first that cannot be. */
export async function push(tenant: TenantLog, principal: Principal, request: PushRequest, limits: Limits): Promise<PushResult[]> {
  const results: PushResult[] = [];
  const skipped = new Set<number>();
  const blocked = new Set<string>();
  for (const commit of request.commits) {
    const result = await pushCommit(tenant, principal, request, commit, skipped, blocked, limits);
    results.push({ seq: commit.seq, ...result });
    if (result.status === 'accepted' || result.status === 'seen') continue;
    if (!request.lanes || result.status === 'gap' || result.status === 'taken') break;
    // The streams of this commit wait for it; others go on.
    skipped.add(commit.seq);
    for (const stream of streamsOf(commit)) blocked.add(stream);
  }
  return results;
}

/** Of a commit that may be malformed. */
function streamsOf({ writes }: WireCommit): string[] {
  return Array.isArray(writes) ? writes.map((write: unknown) => String((Object(write) as { stream?: unknown }).stream)) : [];
}

async function pushCommit(
  tenant: TenantLog,
  principal: Principal,
  { clientId, from }: PushRequest,
  commit: WireCommit,
  skipped: ReadonlySet<number>,
  blocked: ReadonlySet<string>,
  limits: Limits,
): Promise<Refusal> {
  const writes = readWrites(commit, principal, limits);
  const { seq, hash } = commit;
  const key = clientKey(clientId);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const [text] = await tenant.documents.get([key]);
    const record = confirmBefore(parseRecord(text, principal), from);
    if (!record) return { status: 'gap' };
    const verdict = judge(record, seq, hash, skipped);
    if (verdict !== 'new') return { status: verdict };
    if (!Array.isArray(writes)) return writes as Refusal;
    if (writes.some(({ stream }) => blocked.has(stream))) return { status: 'wait' };
    const documents = { expect: [{ ...key, data: text }], puts: [{ ...key, data: JSON.stringify(take(record, seq, hash)) }] };
    if (writes.length === 0) {
      if (await tenant.documents.write(documents)) return { status: 'accepted' };
      continue;
    }
    try {
      const ids = writes.flatMap(({ batches }) => batches.flatMap(idsOf));
      const { deduplicated } = await tenant.queue.append({ writes, ids, documents });
      // Its events are in the log, under another number: then only the number is taken.
      if (deduplicated && !(await tenant.documents.write(documents))) continue;
      return { status: 'accepted' };
    } catch (error) {
      if (isErmineError(error, 'DOCUMENT_CONFLICT')) continue;
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      return refusal;
    }
  }
  throw new RequestFailure('BUSY', 'Too many requests of this client at once.');
}

/** The commit's writes, or why they can never be written as they are. */
function readWrites(commit: WireCommit, principal: Principal, limits: Limits): StreamWrite[] | Refusal {
  try {
    const writes = readShape(schemas.writes, commit.writes, 'writes');
    let count = 0;
    const texts: string[] = [];
    const read = writes.map(({ stream, expected, batches }, i): StreamWrite => {
      if (!inScope(principal.writable, stream)) throw new RequestFailure('FORBIDDEN', `You may not append to ${stream}.`);
      return {
        stream,
        expectedVersion: expected,
        batches: batches.map((wire, j) => {
          const path = `writes[${i}].batches[${j}]`;
          const { tuples, ...batch } = readBatch(wire, path, limits.maxJsonDepth);
          if (batch.stream !== stream) throw new MalformedMessage(`${path} is of another stream`);
          if (isReserved({ ...batch, tuples })) throw new MalformedMessage(`${path} has an event whose type begins with "$"`);
          for (const [, , metadata] of tuples) {
            if (metadata?.tenantId !== undefined && metadata.tenantId !== principal.tenant) throw new RequestFailure('FORBIDDEN', 'An event is of another tenant.');
          }
          for (const tuple of tuples) checkBytes([JSON.stringify(tuple)], path, limits.maxEventBytes);
          count += batch.count;
          texts.push(batch.events);
          return batch;
        }),
      };
    });
    if (count > limits.maxBatchEvents) throw new EventTooLargeError('The commit', count, limits.maxBatchEvents, 'events');
    checkBytes(texts, 'The commit', limits.maxBatchBytes);
    return read;
  } catch (error) {
    if (error instanceof RequestFailure) return { status: 'refused', code: error.code, message: error.message };
    if (error instanceof MalformedMessage) return { status: 'refused', code: 'MALFORMED', message: error.message };
    if (isErmineError(error)) return { status: 'refused', code: error.code, message: error.message };
    throw error;
  }
}

function refusalOf(error: unknown): Refusal | undefined {
  if (!isErmineError(error)) return undefined;
  switch (error.code) {
    case 'CONCURRENCY_CONFLICT':
      return { status: 'conflict', code: error.code, message: error.message, stream: error.streamId, expected: error.expectedVersion, actual: error.actualVersion };
    case 'STREAM_DELETED':
      return { status: 'conflict', code: error.code, message: error.message, stream: error.streamId };
    case 'CORRUPTED_IDEMPOTENCY':
      return { status: 'refused', code: error.code, message: error.message };
    default:
      return undefined;
  }
}

/** @throws {RequestFailure} when the client id is somebody else's */
export function parseRecord(text: string | undefined, { user }: Principal): ClientRecord {
  if (text === undefined) return { user, floor: 0, done: [] };
  const record = JSON.parse(text) as ClientRecord;
  if (record.user !== user) throw new RequestFailure('CLIENT_OF_ANOTHER_USER', 'This client id belongs to another user.');
  return record;
}
