import { isErmineError, type StoredEvent } from 'ermine';
import { DESK_VERSION, deskToSnapshot, snapshotToDesk } from '../desk/desk-snapshot.ts';
import { emptyDesk, evolve, type Desk } from '../desk/desk.ts';
import type { PermitStore } from '../desk/permit-events.ts';

/** Snapshots are at multiples of this position. */
const EVENTS_BETWEEN_SNAPSHOTS = 1_024;

/**
 * The desk at any position of the log: from the last snapshot before it, and the events after that. The snapshots are
 * those of the store, each under a name of its own. They can always be made anew: one that is missing, broken, or of
 * another version of the fold is passed over, and a log that is cleared takes its snapshots along.
 */
export class DeskHistory {
  readonly #store: PermitStore;
  /** What was asked for last: the desk at a snapshot, and events after it without a gap. Moving about in it reads nothing. */
  #stretch: { readonly base: Desk; readonly events: readonly StoredEvent[] } = { base: emptyDesk, events: [] };

  constructor(store: PermitStore) {
    this.#store = store;
  }

  /** The desk as it stood when the event at this position was the last one. @throws as reading the log does */
  async deskAt(position: number): Promise<Desk> {
    const { base, events } = this.#stretch;
    const isCovered = base.position <= position && position <= (events.at(-1)?.globalPosition ?? base.position);
    const stretch = isCovered ? this.#stretch : await this.#read(position);
    this.#stretch = stretch;
    return evolve(stretch.base, stretch.events.filter(({ globalPosition }) => globalPosition <= position));
  }

  /** The desk at the last snapshot up to a position; the empty one when there is none. */
  async lastKept(position: number): Promise<Desk> {
    for (let at = multipleUpTo(position); at > 0; at -= EVENTS_BETWEEN_SNAPSHOTS) {
      const desk = await this.#load(at);
      if (desk) return desk;
    }
    return emptyDesk;
  }

  /** Folds events that follow on a desk, and keeps the desks at the positions for snapshots that they lead past. */
  fold(desk: Desk, events: readonly StoredEvent[]): Desk {
    for (let start = 0; start < events.length; ) {
      const end = multipleUpTo(events[start]!.globalPosition - 1) + EVENTS_BETWEEN_SNAPSHOTS;
      const stop = events.findIndex(({ globalPosition }, i) => i > start && globalPosition > end);
      const next = events.slice(start, stop < 0 ? events.length : stop);
      desk = evolve(desk, next);
      // Events that were erased leave holes: then there may be none at the very position, and no snapshot.
      if (desk.position === end && isWorthKeeping(desk)) void this.#keep(desk);
      start += next.length;
    }
    return desk;
  }

  /** Deletes the snapshots up to a position: they hold what was erased. */
  async forget(position: number): Promise<void> {
    this.#stretch = { base: emptyDesk, events: [] };
    for (let at = multipleUpTo(position); at > 0; at -= EVENTS_BETWEEN_SNAPSHOTS) await this.#store.snapshots.delete(nameAt(at));
  }

  async #read(position: number): Promise<{ base: Desk; events: readonly StoredEvent[] }> {
    let base = await this.lastKept(position);
    let events: StoredEvent[] = [];
    const end = multipleUpTo(position) + EVENTS_BETWEEN_SNAPSHOTS;
    for await (const event of this.#store.readAll({ fromPosition: base.position + 1 })) {
      if (event.globalPosition > end) break;
      events.push(event);
      if (event.globalPosition % EVENTS_BETWEEN_SNAPSHOTS > 0 || event.globalPosition > position) continue;
      base = this.fold(base, events);
      events = [];
    }
    return { base, events };
  }

  async #load(position: number): Promise<Desk | undefined> {
    try {
      const snapshot = await this.#store.snapshots.load(nameAt(position), DESK_VERSION);
      return snapshot && snapshotToDesk(position, snapshot.data);
    } catch (error) {
      if (isErmineError(error)) throw error;
      // It is no JSON any more.
      return undefined;
    }
  }

  async #keep(desk: Desk): Promise<void> {
    try {
      await this.#store.snapshots.save({ streamId: nameAt(desk.position), version: desk.position, data: deskToSnapshot(desk), reducerVersion: DESK_VERSION });
    } catch (error) {
      // Without it a later read folds more events, that is all; the store's own troubles show where the log is followed.
      if (!isErmineError(error)) throw error;
    }
  }
}

function multipleUpTo(position: number): number {
  return position - (position % EVENTS_BETWEEN_SNAPSHOTS);
}

/** A snapshot holds all cases: the more there are, the further apart, so that all together grow as the log does. */
function isWorthKeeping({ position, cases }: Desk): boolean {
  let spacing = EVENTS_BETWEEN_SNAPSHOTS;
  while (spacing < cases.size) spacing *= 2;
  return position % spacing === 0;
}

function nameAt(position: number): string {
  return `Desk-${position}`;
}
