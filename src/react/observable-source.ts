import type { Observable, Subscription } from 'rxjs';

/** What a hook has to show: nothing yet, a value that is kept up to date, or the error that ended it. */
export type Live<T> =
  | { readonly state: 'loading'; readonly value: undefined; readonly error: undefined }
  | { readonly state: 'live'; readonly value: T; readonly error: undefined }
  /** The value is the last one there was. */
  | { readonly state: 'failed'; readonly value: T | undefined; readonly error: unknown };

export const LOADING = { state: 'loading', value: undefined, error: undefined } as const;

/**
 * An Observable as React reads it: one unchanging snapshot between two emissions, so that everything that is rendered at
 * a time shows the same. It is subscribed to while somebody is mounted, and by nobody on a server.
 */
export class ObservableSource<T> {
  #snapshot: Live<T> = LOADING;
  readonly #values$: Observable<T> | undefined;
  readonly #listeners = new Set<() => void>();
  #subscription: Subscription | undefined;

  constructor(values$: Observable<T> | undefined) {
    this.#values$ = values$;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.#subscription ??= this.#values$?.subscribe({
      next: (value) => this.#set({ state: 'live', value, error: undefined }),
      error: (error: unknown) => this.#set({ state: 'failed', value: this.#snapshot.value, error }),
    });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#subscription?.unsubscribe();
      this.#subscription = undefined;
    };
  };

  readonly getSnapshot = (): Live<T> => this.#snapshot;

  #set(snapshot: Live<T>): void {
    this.#snapshot = snapshot;
    for (const listener of [...this.#listeners]) listener();
  }
}
