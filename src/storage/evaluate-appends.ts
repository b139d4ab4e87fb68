import {
  ConcurrencyError,
  CorruptedIdempotencyError,
  StreamDeletedError,
  type ErmineError,
} from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { isTombstone } from '../event/tombstone.ts';
import { meetsExpectation } from '../event/version.ts';
import type { Append, AppendOutcome, StreamWrite } from './storage.ts';

/** The head of a deleted stream is the version of its tombstone and a half: after that version, and no version. */
export function deletedAt(version: number): number {
  return version + 0.5;
}

/** Whether a head, as {@link deletedAt} makes it, is that of a deleted stream. */
export function isDeleted(head: number): boolean {
  return head % 1 !== 0;
}

/** Where an event id is in the log. */
export interface EventLocation {
  readonly stream: string;
  readonly version: number;
  readonly position: number;
}

/** What a transaction has read of the log before it decides on a group of appends; kept up to date while it decides. */
export interface LogState {
  /** Position of the last event. */
  tail: number;
  /** Version by stream: 0 when it does not exist, see {@link deletedAt} when it was deleted. Has every stream of the group. */
  readonly heads: Map<string, number>;
  /** Those of the group's event ids that are in the log. */
  readonly locations: Map<string, EventLocation>;
}

/** The last word on an append that nothing else speaks against: why its place, or its documents, refuse it. */
export type DocumentCheck = (append: Append, state: LogState) => ErmineError | undefined;

/**
 * Decides on appends one after the other, as `Log.commit` promises, and advances the state by what is accepted.
 *
 * @param check called for each append that is to be written; when it gives no error, the append is written
 */
export function evaluateAppends(appends: readonly Append[], state: LogState, check?: DocumentCheck): AppendOutcome[] {
  return appends.map((append) => evaluate(append, state, check));
}

function evaluate(append: Append, state: LogState, check?: DocumentCheck): AppendOutcome {
  const known = append.ids.filter((id) => state.locations.has(id));
  if (known.length > 0) return repeated(append, known, state);
  for (const write of append.writes) {
    const error = refusal(write, state.heads.get(write.stream) ?? 0);
    if (error) return { ok: false, error };
  }
  const error = check?.(append, state);
  return error ? { ok: false, error } : accept(append, state);
}

function refusal({ stream, expectedVersion }: StreamWrite, head: number): ErmineError | undefined {
  if (isDeleted(head)) return new StreamDeletedError(stream);
  return meetsExpectation(expectedVersion, head) ? undefined : new ConcurrencyError(stream, expectedVersion, head);
}

function accept({ writes, after }: Append, state: LogState): AppendOutcome {
  const written: EventBatch[] = [];
  const results = writes.map(({ stream, batches }) => {
    let head = state.heads.get(stream) ?? 0;
    for (const batch of batches) {
      const { version, position } = after === undefined ? { version: head + 1, position: state.tail + 1 } : (batch as EventBatch);
      written.push({ ...batch, version, position });
      batch.ids?.forEach((id, i) => id && state.locations.set(id, { stream, version: version + i, position: position + i }));
      head = version + batch.count - 1;
      state.heads.set(stream, after !== undefined && isTombstone(batch) ? deletedAt(version) : head);
      state.tail = position + batch.count - 1;
    }
    return { version: head, globalPosition: state.tail };
  });
  return { ok: true, deduplicated: false, results, batches: written };
}

/** The first result, if these are the ids of events that stand together in the log just as this append would put them. */
function repeated({ writes, ids, retry = false }: Append, known: readonly string[], state: LogState): AppendOutcome {
  const error = new CorruptedIdempotencyError(writes[0]!.stream, known);
  if (known.length !== ids.length) return { ok: false, error };
  const heads = new Map<string, number>();
  const results = [];
  let next = 0;
  for (const { stream, batches } of writes) {
    let version = heads.get(stream);
    let globalPosition = state.tail;
    for (const { count } of batches) {
      for (let i = 0; i < count; i++) {
        const location = state.locations.get(ids[next++]!);
        if (location?.stream !== stream || location.version !== (version ?? location.version - 1) + 1) return { ok: false, error };
        ({ version, position: globalPosition } = location);
        heads.set(stream, version);
      }
    }
    results.push({ version: version ?? Math.floor(state.heads.get(stream) ?? 0), globalPosition });
  }
  return { ok: true, deduplicated: !retry, results, batches: [] };
}
