import { idsOf } from '../event/event-batch.ts';
import type { Append } from './storage.ts';

/** An append that is tried again: with the ids of all its events, given or made, by which an earlier try is found. */
export function withAllIds(append: Append): Append {
  return { ...append, retry: true, ids: append.writes.flatMap(({ batches }) => batches.flatMap(idsOf)) };
}
