import { CaughtUp, isStreamDeleted, type StoredEvent } from 'ermine';
import { BehaviorSubject, filter, firstValueFrom, type Subscription } from 'rxjs';
import type { Desk } from '../desk/desk.ts';
import type { PermitStore } from '../desk/permit-events.ts';
import { bufferFrames } from './buffer-frames.ts';
import { DeskHistory } from './desk-history.ts';

export interface LiveView {
  readonly desk: Desk;
  /** Everything up to this position has been read; undefined until the log's end was reached for the first time. */
  readonly readTo: number | undefined;
  /** Why nothing new will come. */
  readonly error: unknown;
}

/** Opens the desk at its latest snapshot, and follows the log from there. */
export async function openLiveDesk(store: PermitStore): Promise<LiveDesk> {
  const history = new DeskHistory(store);
  const { position } = await store.head();
  return new LiveDesk(store, history, await history.lastKept(position));
}

/** The desk as the log tells it, followed live, whichever tab appends. */
export class LiveDesk {
  readonly view$: BehaviorSubject<LiveView>;
  readonly history: DeskHistory;
  readonly #store: PermitStore;
  readonly #subscription: Subscription;

  constructor(store: PermitStore, history: DeskHistory, start: Desk) {
    this.#store = store;
    this.history = history;
    this.view$ = new BehaviorSubject<LiveView>({ desk: start, readTo: undefined, error: undefined });
    this.#subscription = store
      .subscribeToAll(start.position, { caughtUp: true })
      .pipe(bufferFrames())
      .subscribe({
        next: (news) => this.#take(news),
        error: (error: unknown) => this.view$.next({ ...this.view$.value, error }),
      });
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
    const { desk, readTo } = this.view$.value;
    this.view$.next({ desk: this.history.fold(desk, events), readTo: caughtUp?.globalPosition ?? readTo, error: undefined });
    const deleted = events.findLast(isStreamDeleted);
    if (deleted) this.history.forget(deleted.globalPosition).catch((error: unknown) => this.view$.next({ ...this.view$.value, error }));
  }
}
