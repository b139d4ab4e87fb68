import { distinctUntilChanged, map, type Observable } from 'rxjs';
import type { EventDecoder } from '../event/event-batch.ts';
import type { Event, EventData } from '../event/event.ts';
import type { OutboxView } from '../sync/outbox.ts';
import { isVoid, type PendingWrite } from '../sync/pending-commit.ts';
import { asPending, pendingEvents, type LoadedEvent } from '../sync/pending-events.ts';
import { discardRejected, restoreRejected } from '../sync/rejected-commits.ts';
import type { Replica } from '../sync/replica.ts';
import type { ResolveSettings } from '../sync/resolve-conflicts.ts';
import type { SyncEngine } from '../sync/sync-engine.ts';
import { loadLatest } from './load-latest.ts';
import type { PendingEntry, SyncControl } from './synced-store.ts';

/** @param run runs what changes something */
export function createSyncControl<E extends Event>(
  replica: Replica,
  engine: SyncEngine,
  outbox$: Observable<OutboxView>,
  codec: { readonly decoder: EventDecoder; readonly encode: ResolveSettings['encode'] },
  run: (step: () => Promise<void>) => Promise<void>,
): SyncControl<E> {
  const { decoder, encode } = codec;
  return {
    status$: engine.status$.asObservable(),
    pending$: outbox$.pipe(
      map(({ commits }) => commits),
      distinctUntilChanged(),
      loadLatest(async (commits) => {
        const ends = new Map<string, number>();
        const entries: PendingEntry<E>[] = [];
        for (const commit of commits) {
          if (isVoid(commit)) continue;
          const { commitId, writes, command, stuck } = commit;
          const events = await eventsOf<E>(writes, ends, decoder);
          entries.push({ commitId, events, ...copyOf(command), ...(stuck !== undefined && { stuck }) });
        }
        return entries;
      }),
    ),
    rejected$: outbox$.pipe(
      map(({ rejected }) => rejected),
      distinctUntilChanged(),
      loadLatest((rejected) =>
        Promise.all(
          rejected.map(async ({ commitId, writes, command, reason }) => ({
            commitId,
            events: await eventsOf<E>(writes, new Map(), decoder),
            ...copyOf(command),
            reason,
          })),
        ),
      ),
    ),
    now: () => engine.now(),
    pause: () => engine.pause(),
    resume: () => engine.resume(),
    async retry(commitId) {
      await run(() => restoreRejected(replica, commitId, undefined));
      engine.wake();
    },
    async edit(commitId, events) {
      await run(() => restoreRejected(replica, commitId, (stream) => encode(stream, events as readonly EventData[])));
      engine.wake();
    },
    discard: (commitId) => run(() => discardRejected(replica, commitId)),
  };
}

/** What the application does to a command that it is shown must not change what waits. */
function copyOf(command: unknown): { readonly command?: unknown } {
  return command === undefined ? {} : { command: structuredClone(command) };
}

/** Versions count on from where the commit was to begin, and from commit to commit. */
async function eventsOf<E extends Event>(writes: readonly PendingWrite[], ends: Map<string, number>, decoder: EventDecoder): Promise<LoadedEvent<E>[]> {
  const events = writes.flatMap((write) => {
    const base = write.expected >= 0 ? write.expected : (ends.get(write.stream) ?? 0);
    const own = pendingEvents([{ writes: [write] }], write.stream, base);
    ends.set(write.stream, base + own.length);
    return own;
  });
  return asPending<E>(await decoder.decode(events));
}
