import type { ConcurrencyError } from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import type { LogState } from './evaluate-appends.ts';
import type { Append } from './storage.ts';

/**
 * Why batches that bring their places cannot stand there, see `Append.after`; part of a storage's `DocumentCheck`.
 *
 * @param Conflict the class, handed over and not imported, see decision 5
 */
export function checkPlace({ after, writes }: Append, { tail, heads }: LogState, Conflict: typeof ConcurrencyError): ConcurrencyError | undefined {
  if (after === undefined) return undefined;
  if (after !== tail) return new Conflict('$log', after, tail);
  const versions = new Map(heads);
  let last = tail;
  for (const { stream, version, position, count } of writes.flatMap(({ batches }) => batches as readonly EventBatch[])) {
    const head = versions.get(stream) ?? 0;
    // Erased events of no stream have a position and nothing else.
    if ((stream && version <= head) || position <= last) return new Conflict(stream, version - 1, head);
    versions.set(stream, version + count - 1);
    last = position + count - 1;
  }
  return undefined;
}
