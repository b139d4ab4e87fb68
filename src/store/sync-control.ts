import { distinctUntilChanged, map, type Observable } from 'rxjs';
import type { EventDecoder } from '../event/event-batch.ts';
import type { Event, EventData } from '../event/event.ts';
import type { OutboxView } from '../sync/outbox.ts';
import { countOf, isVoid, type PendingCommit, type RejectedCommit } from '../sync/pending-commit.ts';
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
  const show = createShow<E>(decoder);
  return {
    status$: engine.status$.asObservable(),
    pending$: outbox$.pipe(
      map(({ commits }) => commits),
      distinctUntilChanged(),
      loadLatest(createShowPending(show)),
    ),
    rejected$: outbox$.pipe(
      map(({ rejected }) => rejected),
      distinctUntilChanged(),
      loadLatest((rejected) =>
        Promise.all(
          rejected.map(async (commit) => ({ commitId: commit.commitId, ...(await show(commit, new Map())), reason: commit.reason })),
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

interface Shown<E extends Event> {
  readonly events: readonly LoadedEvent<E>[];
  readonly command?: unknown;
}

/**
 * What is shown of a commit is made once, however often others come and go. Versions count on from where the commit was to
 * begin, and from commit to commit.
 */
function createShow<E extends Event>(decoder: EventDecoder) {
  const known = new WeakMap<object, { readonly bases: readonly number[]; readonly shown: Shown<E> }>();
  return (commit: PendingCommit | RejectedCommit, ends: Map<string, number>): Shown<E> | Promise<Shown<E>> => {
    const { writes, command } = commit;
    const bases = writes.map((write) => {
      const base = write.expected >= 0 ? write.expected : (ends.get(write.stream) ?? 0);
      ends.set(write.stream, base + countOf(write));
      return base;
    });
    const found = known.get(commit);
    if (found && found.bases.every((base, i) => base === bases[i])) return found.shown;
    const events = writes.flatMap((write, i) => pendingEvents([{ writes: [write] }], write.stream, bases[i]!));
    return Promise.resolve(decoder.decode(events)).then((decoded) => {
      const shown = { events: asPending<E>(decoded), ...copyOf(command) };
      known.set(commit, { bases, shown });
      return shown;
    });
  };
}

/** Mostly commits have only been added: what comes before these is as it was. */
function createShowPending<E extends Event>(show: ReturnType<typeof createShow<E>>): (commits: readonly PendingCommit[]) => Promise<readonly PendingEntry<E>[]> {
  let last: { readonly commits: readonly PendingCommit[]; readonly ends: Map<string, number>; readonly entries: readonly PendingEntry<E>[] } | undefined;
  return async (commits) => {
    const grown = last?.commits.every((commit, i) => commit === commits[i]) ? last : undefined;
    const ends = new Map(grown?.ends);
    const entries = [...(grown?.entries ?? [])];
    for (const commit of commits.slice(grown?.commits.length)) {
      if (isVoid(commit)) continue;
      const { commitId, stuck } = commit;
      const shown = show(commit, ends);
      entries.push({ commitId, ...(shown instanceof Promise ? await shown : shown), ...(stuck !== undefined && { stuck }) });
    }
    last = { commits, ends, entries };
    return entries;
  };
}
