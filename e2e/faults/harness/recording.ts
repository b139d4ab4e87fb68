import type { Observable } from 'rxjs';
import { isErmineError, type StoredEvent } from '../../../src/index.ts';

/** What a subscription delivered: the facts, and no opinion on them. */
export class Recording {
  readonly positions: number[] = [];
  error: Failure | undefined;
  completed = false;
  readonly #from: number;
  readonly #subscription;

  /** @param from the position that the subscription starts after */
  constructor(events$: Observable<StoredEvent>, from: number) {
    this.#from = from;
    this.#subscription = events$.subscribe({
      next: (event) => this.positions.push(event.globalPosition),
      error: (error: unknown) => (this.error = toFailure(error)),
      complete: () => (this.completed = true),
    });
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }

  /** Plain data, as it goes to the test. */
  get facts(): Facts {
    const { positions, error, completed } = this;
    const inOrder = positions.every((position, i) => position === this.#from + 1 + i);
    return { count: positions.length, last: positions.at(-1) ?? this.#from, inOrder, error, completed };
  }
}

export interface Facts {
  readonly count: number;
  readonly last: number;
  /** The positions begin where they should and each is the one before it plus one: nothing missing, doubled or moved. */
  readonly inOrder: boolean;
  readonly error: Failure | undefined;
  readonly completed: boolean;
}

/** An error as plain data: a page hands only its message to the test otherwise. */
export interface Failure {
  /** `untyped` when it is not an error of Ermine's. */
  readonly code: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export function toFailure(error: unknown): Failure {
  const fields = typeof error === 'object' ? { ...error } : {};
  const plain = Object.fromEntries(Object.entries(fields).filter(([, value]) => JSON.stringify(value) !== undefined));
  const code = isErmineError(error) ? error.code : 'untyped';
  return { ...plain, code, message: error instanceof Error ? error.message : String(error) };
}

/** How a call ended, as plain data. */
export async function outcome<T>(promise: Promise<T>): Promise<{ readonly value?: T; readonly error?: Failure }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: toFailure(error) }),
  );
}

/** How a call that must fail does it. */
export async function failure(promise: Promise<unknown>): Promise<Failure> {
  const { value, error } = await outcome(promise);
  return error ?? { code: 'none', message: `It resolved with ${JSON.stringify(value)}.` };
}
