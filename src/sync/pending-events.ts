import { decodeBatch, type RawEvent } from '../event/event-batch.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import type { PendingCommit } from './pending-commit.ts';

/** An event of a synced store: one that the server has not confirmed yet says so. */
export type LoadedEvent<E extends Event = Event> = StoredEvent<E> & PendingMark;

export interface PendingMark {
  /**
   * Present when the event waits for the server: its version is provisional, and its `globalPosition` is `Infinity`, since
   * it has none.
   */
  readonly pending?: true;
}

/** The pending events of a stream as they are stored, on top of a confirmed version. */
export function pendingEvents(commits: readonly Pick<PendingCommit, 'writes'>[], stream: string, confirmedVersion: number): RawEvent[] {
  const events: RawEvent[] = [];
  for (const { writes } of commits) {
    for (const write of writes) {
      if (write.stream !== stream) continue;
      for (const batch of write.batches) events.push(...decodeBatch({ ...batch, version: confirmedVersion + events.length + 1, position: Infinity }));
    }
  }
  return events;
}

export function asPending<E extends Event>(events: readonly StoredEvent[]): LoadedEvent<E>[] {
  return events.map((event) => ({ ...event, pending: true }) as LoadedEvent<E>);
}
