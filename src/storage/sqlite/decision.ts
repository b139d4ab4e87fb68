import type { Append, AppendOutcome } from '../storage.ts';
import { fromPlainError, toPlainError, type PlainError } from './plain-error.ts';

type Accepted = Extract<AppendOutcome, { ok: true }>;

/** An outcome as it travels: whoever appended has the events, and needs only to know where they went. */
export type Decision =
  | {
      readonly deduplicated: boolean;
      readonly results: Accepted['results'];
      /** Version and position of each batch that was written. */
      readonly places: readonly (readonly [version: number, position: number])[];
    }
  | { readonly error: PlainError };

export function toDecision(outcome: AppendOutcome): Decision {
  if (!outcome.ok) return { error: toPlainError(outcome.error) };
  const { deduplicated, results, batches } = outcome;
  return { deduplicated, results, places: batches.map(({ version, position }) => [version, position]) };
}

export function toOutcome(decision: Decision, { writes }: Pick<Append, 'writes'>): AppendOutcome {
  if ('error' in decision) return { ok: false, error: fromPlainError(decision.error) };
  const { deduplicated, results, places } = decision;
  const sent = places.length > 0 ? writes.flatMap(({ batches }) => batches) : [];
  return { ok: true, deduplicated, results, batches: sent.map((batch, i) => ({ ...batch, version: places[i]![0], position: places[i]![1] })) };
}
