import type { Observable } from 'rxjs';
import { StoreClosedError } from '../event/errors.ts';

/**
 * Resolves when an Observable says true.
 *
 * @throws what the Observable errors with, the signal's reason, and {@link StoreClosedError} when it completes before
 */
export function waitUntil(holds$: Observable<boolean>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => settle(() => reject(signal!.reason as Error));
    signal?.addEventListener('abort', onAbort, { once: true });
    const watching = holds$.subscribe({
      next: (holds) => holds && settle(resolve),
      error: (error: Error) => settle(() => reject(error)),
      complete: () => settle(() => reject(new StoreClosedError())),
    });
    function settle(how: () => void): void {
      how();
      signal?.removeEventListener('abort', onAbort);
      // It may be settled before there is something to unsubscribe.
      queueMicrotask(() => watching.unsubscribe());
    }
  });
}
