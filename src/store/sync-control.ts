import { map, distinctUntilChanged, type Observable } from 'rxjs';
import { encodeEvents, type EncodeContext } from '../event/encode.ts';
import type { Event, EventData } from '../event/event.ts';
import type { OutboxView } from '../sync/outbox.ts';
import { isVoid, type PendingWrite } from '../sync/pending-commit.ts';
import { pendingEvents, type LoadedEvent } from '../sync/pending-events.ts';
import { discardRejected, restoreRejected } from '../sync/rejected-commits.ts';
import type { Replica } from '../sync/replica.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import type { SyncControl } from './synced-store.ts';

export function createSyncControl<E extends Event>(
  replica: Replica,
  engine: SyncEngine,
  outbox$: Observable<OutboxView>,
  context: () => EncodeContext,
): SyncControl<E> {
  return {
    status$: engine.status$.asObservable(),
    pending$: outbox$.pipe(
      map(({ commits }) => commits),
      distinctUntilChanged(),
      map((commits) => {
        const counts = new Map<string, number>();
        return commits
          .filter((commit) => !isVoid(commit))
          .map(({ commitId, writes, command, stuck }) => ({
            commitId,
            events: eventsOf<E>(writes, counts),
            ...(command !== undefined && { command }),
            ...(stuck !== undefined && { stuck }),
          }));
      }),
    ),
    rejected$: outbox$.pipe(
      map(({ rejected }) => rejected),
      distinctUntilChanged(),
      map((rejected) =>
        rejected.map(({ commitId, writes, command, reason }) => ({
          commitId,
          events: eventsOf<E>(writes, new Map()),
          ...(command !== undefined && { command }),
          reason,
        })),
      ),
    ),
    now: () => engine.now(),
    pause: () => engine.pause(),
    resume: () => engine.resume(),
    async retry(commitId) {
      await restoreRejected(replica, commitId, undefined);
      engine.wake();
    },
    async edit(commitId, events) {
      await restoreRejected(replica, commitId, (stream) => encodeEvents(stream, events as readonly EventData[], 'events', context()));
      engine.wake();
    },
    discard: (commitId) => discardRejected(replica, commitId),
  };
}

/** Versions count on from where the commit was to begin, and from commit to commit. */
function eventsOf<E extends Event>(writes: readonly PendingWrite[], ends: Map<string, number>): LoadedEvent<E>[] {
  return writes.flatMap((write) => {
    const base = write.expected >= 0 ? write.expected : (ends.get(write.stream) ?? 0);
    const events = pendingEvents<E>([{ order: 0, seq: null, hash: '', commitId: '', writes: [write] }], write.stream, base);
    ends.set(write.stream, base + events.length);
    return events;
  });
}
