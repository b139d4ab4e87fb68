import type { EventTuple } from '../event/event-batch.ts';
import type { EventData } from '../event/event.ts';
import type { PendingWrite } from './pending-commit.ts';

/**
 * What was decided anew, as the same command's: with the ids that were given to the events in its place, by which the command
 * is known again, and with who and what caused them.
 */
export function keepIdentity(decided: readonly EventData[], { batches }: PendingWrite): EventData[] {
  const before = batches.flatMap(({ events }) => JSON.parse(events) as EventTuple[]);
  const { custom: _, ...cause } = before[0]?.[2] ?? {};
  return decided.map((event, i) => {
    const id = before[i]?.[3];
    return { ...(typeof id === 'string' && { id }), ...event, metadata: { ...cause, ...event?.metadata } };
  });
}
