/** A value or a promise of one: synchronous work stays synchronous, and costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (Object(value) as { then?: unknown }).then === 'function';
}

/** Calls `next` with the value, at once or when it is there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}

/** What `work` gives; when it fails, at once or later, it fails with what `failure` makes of the cause. */
export function attempt<T>(work: () => MaybePromise<T>, failure: (cause: unknown) => Error): MaybePromise<T> {
  const fail = (cause: unknown): never => {
    throw failure(cause);
  };
  try {
    const result = work();
    return isPromise(result) ? Promise.resolve(result).catch(fail) : result;
  } catch (cause) {
    return fail(cause);
  }
}

/** Gives values back in the order in which they came in, whichever is ready first. */
export class Turns {
  #last: Promise<unknown> | undefined;

  /** Whether a value that comes in now waits for earlier ones. */
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
