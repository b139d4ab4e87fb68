import type { Event, EventData } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import type { LoadedEvent } from './pending-events.ts';

/** A pending commit that its stream has moved away from. */
export interface Conflict {
  readonly streamId: StreamId;
  /** What the commit was decided on. */
  readonly expectedVersion: number;
  /** Where the stream is now, with the pending commits before this one. */
  readonly actualVersion: number;
  readonly commitId: string;
}

/** The answer of a policy that gives a commit up. */
export interface Rejection {
  readonly rejected: string;
}

/** For a policy: gives the commit up, with the reason that is kept in the dead letters. */
export function reject(reason: string): Rejection {
  return { rejected: reason };
}

/**
 * Decides anew on the stream as it is now. It may run several times for one commit, so it only decides. When it throws, the
 * commits of the stream stay pending and wait; use {@link reject} to give up. Events without ids or metadata of their own get
 * the ids that the first decision gave to its events, and its correlation, causation, user and tenant.
 *
 * @param command what was given with the append; write down the type that it has
 * @param events the stream, confirmed and then pending
 */
export interface RedecidePolicy<E extends Event = Event> {
  redecide(command: unknown, events: readonly LoadedEvent<E>[], conflict: Conflict): Redecision<E> | Promise<Redecision<E>>;
}

/** One event, several in order, or {@link reject}; none at all is a rejection too. */
export type Redecision<E extends Event> = EventData<E> | readonly EventData<E>[] | Rejection;

/** Keeps the events in a stream of their own. @returns its id, which nobody else may use */
export interface KeepBothPolicy {
  readonly keepBoth: (streamId: StreamId, conflict: Conflict) => StreamId | string;
}

/**
 * What becomes of a pending commit when somebody else has moved its stream:
 * - `reject` (default): it goes to the dead letters, `sync.rejected$`.
 * - `rebase`: its events are appended to the stream as it is now. Only for events that commute with all others of the stream.
 * - `keepBoth`: its events go to a sibling stream, `category-id~` and a part of the commit's id (an id too long for that is
 *   cut, and a hash of it put in place of its end), or what a function says.
 * - `{ redecide }`: the command is decided on anew. A commit without a command, or of several streams, is rejected.
 */
export type ConflictPolicy<E extends Event = Event> = 'reject' | 'rebase' | 'keepBoth' | KeepBothPolicy | RedecidePolicy<E>;

/** By category; `*` is for those that are not named. */
export type ConflictPolicies<E extends Event = Event> = Readonly<Record<string, ConflictPolicy<E>>>;

const byName: readonly unknown[] = ['reject', 'rebase', 'keepBoth'];

/** @throws {TypeError} for what is not a policy, which would otherwise be found at the first conflict only */
export function checkPolicies(policies: Readonly<Record<string, unknown>>): void {
  for (const [category, policy] of Object.entries(policies)) {
    const { redecide, keepBoth } = Object(policy) as { readonly redecide?: unknown; readonly keepBoth?: unknown };
    if (byName.includes(policy) || typeof redecide === 'function' || typeof keepBoth === 'function') continue;
    throw new TypeError(`conflicts.${category} is not a policy: use 'reject', 'rebase', 'keepBoth', { redecide } or { keepBoth }.`);
  }
}
