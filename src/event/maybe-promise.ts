/** What is there at once, or comes later: work that is synchronous stays so, and costs no turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>;

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (Object(value) as { then?: unknown }).then === 'function';
}

/** Goes on with the value, now or when it is there. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? Promise.resolve(value).then(next) : next(value);
}

/** A function that gives back values in the order in which it was called with them, whichever are there first. */
export function inTurn(): <T>(value: MaybePromise<T>) => MaybePromise<T> {
  let last: Promise<unknown> | undefined;
  return (value) => {
    if (!last && !isPromise(value)) return value;
    const turn = Promise.allSettled([last, value]).then(() => value);
    const ended = turn.then(
      () => undefined,
      () => undefined,
    );
    last = ended;
    void ended.then(() => {
      if (last === ended) last = undefined;
    });
    return turn;
  };
}
