import { isErmineError } from '../event/errors.ts';

/** How often, and after what time, work that lost a race against another writer is done again. */
export interface RetryOptions {
  /** Tries in all, at least 1; default 5. */
  readonly attempts?: number;
  /** The wait before the second try, in milliseconds, doubled for each further one; default 10. */
  readonly baseDelayMs?: number;
  /** No wait is longer, in milliseconds; default 1,000. */
  readonly maxDelayMs?: number;
}

/**
 * Does work again when it failed with a conflict, a bounded number of times. Waits are random between 0 and the bound (full
 * jitter), so that two writers do not meet again.
 *
 * @throws the last conflict, any other error at once, and the signal's reason when it is aborted
 */
export async function retryOnConflict<T>(work: () => Promise<T>, options: RetryOptions = {}, signal?: AbortSignal): Promise<T> {
  const { attempts = 5, baseDelayMs = 10, maxDelayMs = 1_000 } = options;
  if (!Number.isSafeInteger(attempts) || attempts < 1) throw new RangeError(`retry.attempts must be a whole number of at least 1, not ${attempts}.`);
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      const lostRace = isErmineError(error, 'CONCURRENCY_CONFLICT') || isErmineError(error, 'CORRUPTED_IDEMPOTENCY');
      if (!lostRace || attempt >= attempts) throw error;
    }
    await delay(Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)), signal);
  }
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
