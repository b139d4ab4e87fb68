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

type Commits = readonly Pick<PendingCommit, 'writes'>[];

/** The pending events of a stream as they are stored, on top of a confirmed version. */
export function pendingEvents(commits: Commits, stream: string, confirmedVersion: number): RawEvent[] {
  return pendingEventsOn(commits, new Map([[stream, confirmedVersion]]));
}

/** The pending events of streams in their order, on top of the confirmed versions of these. */
export function pendingEventsOn(commits: Commits, confirmedVersions: ReadonlyMap<string, number>): RawEvent[] {
  const versions = new Map(confirmedVersions);
  const events: RawEvent[] = [];
  for (const batch of commits.flatMap(({ writes }) => writes).flatMap(({ batches }) => batches)) {
    const version = versions.get(batch.stream);
    if (version === undefined) continue;
    events.push(...decodeBatch({ ...batch, version: version + 1, position: Infinity }));
    versions.set(batch.stream, version + batch.count);
  }
  return events;
}

export function asPending<E extends Event>(events: readonly StoredEvent[]): LoadedEvent<E>[] {
  return events.map((event) => ({ ...event, pending: true }) as LoadedEvent<E>);
}
