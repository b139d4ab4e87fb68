import type { Observable, Subscription } from 'rxjs';
import { assert } from './assert.ts';
import { until } from './wait.ts';

/** What a subscription has delivered so far. */
export interface Recording<T> {
  readonly values: readonly T[];
  readonly error: unknown;
  readonly completed: boolean;
  readonly subscription: Subscription;
  /** Waits for the values; fails at once when the subscription ends before. @returns them */
  untilCount(count: number): Promise<readonly T[]>;
  until(what: string, condition: (values: readonly T[]) => boolean): Promise<readonly T[]>;
  /** Waits for the error that ends the subscription. */
  untilError(): Promise<unknown>;
  untilCompleted(): Promise<void>;
}

/** Subscribes and keeps what comes. */
export function record<T>(source: Observable<T>, onNext?: (value: T) => void): Recording<T> {
  const values: T[] = [];
  let error: unknown;
  let failed = false;
  let completed = false;
  const subscription = source.subscribe({
    next: (value) => {
      values.push(value);
      onNext?.(value);
    },
    error: (cause: unknown) => {
      failed = true;
      error = cause;
    },
    complete: () => (completed = true),
  });
  const live = (): void => {
    if (failed) throw error;
    assert(!completed, `the subscription completed after ${values.length} values`);
  };
  const recording: Recording<T> = {
    values,
    get error() {
      return error;
    },
    get completed() {
      return completed;
    },
    subscription,
    untilCount: (count) => recording.until(`${count} values came`, () => values.length >= count),
    async until(what, condition) {
      await until(`${what} (there are ${values.length})`, () => {
        if (condition(values)) return true;
        live();
        return false;
      });
      return values;
    },
    async untilError() {
      await until('the subscription fails', () => failed || completed);
      assert(failed, 'the subscription completed and did not fail');
      return error;
    },
    async untilCompleted() {
      await until('the subscription completes', () => failed || completed);
      if (failed) throw error;
    },
  };
  return recording;
}
