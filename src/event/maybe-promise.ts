/** What is there at once, or comes later: work that is synchronous stays so, and costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (Object(value) as { then?: unknown }).then === 'function';
}

/** Goes on with the value, now or when it is there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}

/** Gives back values in the order in which it was given them, whichever are there first. */
export class Turns {
  #last: Promise<unknown> | undefined;

  /** Whether what is given now waits for what was given before. */
  get busy(): boolean {
    return this.#last !== undefined;
  }

  take<T>(value: MaybePromise<T>): MaybePromise<T> {
    if (!this.#last && !isPromise(value)) return value;
    const turn = Promise.allSettled([this.#last, value]).then(() => value);
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    this.#last = ended;
    void ended.then(() => {
      if (this.#last === ended) this.#last = undefined;
    });
    return turn;
  }
}
