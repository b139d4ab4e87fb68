import {
  ConcurrencyError,
  CorruptedIdempotencyError,
  StreamDeletedError,
  type ErmineError,
} from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { meetsExpectation } from '../event/version.ts';
import type { Append, AppendOutcome, StreamWrite } from './storage.ts';

/** The head of a deleted stream: above every version. */
export const DELETED = Infinity;

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
  /** Version by stream: 0 when it does not exist, {@link DELETED} when it was deleted. Has every stream of the group. */
  readonly heads: Map<string, number>;
  /** Those of the group's event ids that are in the log. */
  readonly locations: Map<string, EventLocation>;
}

/** Decides on appends one after the other, as `Log.commit` promises, and advances the state by what is accepted. */
export function evaluateAppends(appends: readonly Append[], state: LogState): AppendOutcome[] {
  return appends.map((append) => evaluate(append, state));
}

function evaluate(append: Append, state: LogState): AppendOutcome {
  const known = append.ids.filter((id) => state.locations.has(id));
  if (known.length > 0) return repeated(append, known, state);
  for (const write of append.writes) {
    const error = refusal(write, state.heads.get(write.stream) ?? 0);
    if (error) return { ok: false, error };
  }
  return accept(append, state);
}

function refusal({ stream, expectedVersion }: StreamWrite, head: number): ErmineError | undefined {
  if (head === DELETED) return new StreamDeletedError(stream);
  return meetsExpectation(expectedVersion, head) ? undefined : new ConcurrencyError(stream, expectedVersion, head);
}

function accept(append: Append, state: LogState): AppendOutcome {
  const batches: EventBatch[] = [];
  const ends: { version: number; globalPosition: number }[] = [];
  for (const { stream, batches: written } of append.writes) {
    let version = state.heads.get(stream) ?? 0;
    for (const batch of written) {
      batches.push({ ...batch, version: version + 1, position: state.tail + 1 });
      batch.ids?.forEach((id, i) => {
        if (id !== undefined) state.locations.set(id, { stream, version: version + 1 + i, position: state.tail + 1 + i });
      });
      version += batch.count;
      state.tail += batch.count;
    }
    state.heads.set(stream, version);
    ends.push({ version, globalPosition: written.length === 0 ? 0 : state.tail });
  }
  const results = ends.map((end) => (end.globalPosition === 0 ? { ...end, globalPosition: state.tail } : end));
  return { ok: true, deduplicated: false, results, batches };
}

/** The first result, if these are the ids of events that stand together in the log just as this append would put them. */
function repeated(append: Append, known: readonly string[], state: LogState): AppendOutcome {
  const corrupted: AppendOutcome = {
    ok: false,
    error: new CorruptedIdempotencyError(append.writes[0]?.stream ?? '', known),
  };
  if (known.length !== append.ids.length || known.length !== countEvents(append.writes)) return corrupted;
  const results: { version: number; globalPosition: number }[] = [];
  let next = 0;
  let lastPosition = 0;
  for (const write of append.writes) {
    const count = countEvents([write]);
    const locations = append.ids.slice(next, next + count).map((id) => state.locations.get(id)!);
    next += count;
    const first = locations[0];
    const together = locations.every(({ stream, version }, i) => stream === write.stream && version === first!.version + i);
    if (!together) return corrupted;
    const last = locations.at(-1);
    if (last) lastPosition = last.position;
    results.push({ version: last?.version ?? state.heads.get(write.stream) ?? 0, globalPosition: last?.position ?? 0 });
  }
  return {
    ok: true,
    deduplicated: true,
    results: results.map((result) => ({ ...result, globalPosition: result.globalPosition || lastPosition })),
    batches: [],
  };
}

function countEvents(writes: readonly StreamWrite[]): number {
  return writes.reduce((sum, write) => sum + write.batches.reduce((count, batch) => count + batch.count, 0), 0);
}
