import { checkBytes } from '../event/encode.ts';
import { EventTooLargeError, isErmineError } from '../event/errors.ts';
import { idsOf } from '../event/event-batch.ts';
import type { Limits } from '../event/limits.ts';
import { streamIdToString } from '../event/stream-id.ts';
import type { StreamWrite } from '../storage/storage.ts';
import { isReserved, readBatch } from '../sync/protocol-batch.ts';
import { MalformedMessage, readShape } from '../sync/protocol-schema.ts';
import { inScope } from '../sync/protocol-scope.ts';
import { schemas, type PushResult, type WireCommit } from '../sync/protocol.ts';
import type { Principal } from './principal.ts';
import { RequestFailure } from './request-failure.ts';

/** A result of a push, but for the number. */
export type Outcome = Omit<PushResult, 'seq'>;

/** What a commit writes; with `refusal` nothing, and why it never can. */
export interface ReadCommit {
  readonly commit: WireCommit;
  readonly writes: readonly StreamWrite[];
  /** The ids of all its events, in order. */
  readonly ids: readonly string[];
  readonly refusal?: Outcome;
}

/** Reads a commit and checks all that can be checked without the log. */
export function readCommit(commit: WireCommit, principal: Principal, limits: Limits): ReadCommit {
  const refuse = (code: string, message: string): ReadCommit => ({ commit, writes: [], ids: [], refusal: { status: 'refused', code, message } });
  try {
    const writes = readShape(schemas.writes, commit.writes, 'writes');
    let count = 0;
    const texts: string[] = [];
    const read = writes.map(({ stream, expected, batches }, i): StreamWrite => {
      streamIdToString(stream);
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
          for (const tuple of tuples) checkBytes(JSON.stringify(tuple), path, limits.maxEventBytes);
          count += batch.count;
          texts.push(batch.events);
          return batch;
        }),
      };
    });
    // It would take its number and never be confirmed.
    if (count === 0 && writes.length > 0) throw new MalformedMessage('writes hold no event');
    if (count > limits.maxBatchEvents) throw new EventTooLargeError('The commit', count, limits.maxBatchEvents, 'events');
    checkBytes(texts.join(''), 'The commit', limits.maxBatchBytes);
    if (hasTwice(read.map(({ stream }) => stream))) throw new MalformedMessage('writes name a stream twice');
    // Those that are in the log are found when it is written; a commit's own are not there yet.
    const ids = read.flatMap(({ batches }) => batches.flatMap(idsOf));
    if (hasTwice(ids)) throw new MalformedMessage('writes hold an event id twice');
    return { commit, writes: read, ids };
  } catch (error) {
    if (error instanceof RequestFailure) return refuse(error.code, error.message);
    if (error instanceof MalformedMessage) return refuse('MALFORMED', error.message);
    if (isErmineError(error)) return refuse(error.code, error.message);
    throw error;
  }
}

function hasTwice(values: readonly string[]): boolean {
  return new Set(values).size < values.length;
}
