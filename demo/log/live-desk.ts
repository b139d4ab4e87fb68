import { CaughtUp, type EventStore, type StoredEvent } from 'ermine';
import { BehaviorSubject, filter, firstValueFrom, type Subscription } from 'rxjs';
import { emptyDesk, evolve, type Desk } from '../desk/desk.ts';
import { bufferFrames } from './buffer-frames.ts';

export interface LiveView {
  readonly desk: Desk;
  /** Everything up to this position has been read; undefined until the log's end was reached for the first time. */
  readonly readTo: number | undefined;
  /** Why nothing new will come. */
  readonly error: unknown;
}

/** Between two kept states of the past there are at least so many events. */
const MIN_EVENTS_BETWEEN_STATES = 512;

/**
 * The desk as the log tells it, followed live, whichever tab appends. Keeps the events and a state every few hundred of
 * them, so that the desk at any position is there at once.
 */
export class LiveDesk {
  readonly view$ = new BehaviorSubject<LiveView>({ desk: emptyDesk, readTo: undefined, error: undefined });
  readonly #store: EventStore;
  readonly #events: StoredEvent[] = [];
  readonly #states: Desk[] = [emptyDesk];
  readonly #subscription: Subscription;

  constructor(store: EventStore) {
    this.#store = store;
    this.#subscription = store
      .subscribeToAll(0, { caughtUp: true })
      .pipe(bufferFrames())
      .subscribe({
        next: (news) => this.#take(news),
        error: (error: unknown) => this.view$.next({ ...this.view$.value, error }),
      });
  }

  /** The desk as it stood when the event at this position was the last one. */
  deskAt(position: number): Desk {
    const state = this.#states.findLast((desk) => desk.position <= position) ?? emptyDesk;
    const later = this.#events.slice(state.eventCount, this.#countUpTo(position));
    return evolve(state, later);
  }

  /** Resolves when everything that is in the log by now has been read. */
  async catchUp(): Promise<void> {
    const { position } = await this.#store.head();
    await firstValueFrom(this.view$.pipe(filter(({ readTo = -1 }) => readTo >= position)));
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }

  #take(news: readonly (StoredEvent | CaughtUp)[]): void {
    const events = news.filter((entry): entry is StoredEvent => entry.type !== CaughtUp);
    const caughtUp = news.findLast((entry): entry is CaughtUp => entry.type === CaughtUp);
    let { desk } = this.view$.value;
    for (let taken = 0; taken < events.length; ) {
      const kept = this.#states.at(-1)!;
      // Each kept state has its own copy of the maps: with more cases they are kept further apart.
      const end = kept.eventCount + Math.max(MIN_EVENTS_BETWEEN_STATES, desk.cases.size);
      const next = events.slice(taken, taken + end - desk.eventCount);
      desk = evolve(desk, next);
      for (const event of next) this.#events.push(event);
      if (desk.eventCount === end) this.#states.push(desk);
      taken += next.length;
    }
    this.view$.next({ desk, readTo: caughtUp?.globalPosition ?? this.view$.value.readTo, error: undefined });
  }

  /** How many events there are up to a position; positions grow, though some may be missing. */
  #countUpTo(position: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.globalPosition <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
