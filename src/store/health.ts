import { merge, switchMap, takeWhile, timer, type Observable } from 'rxjs';
import type { ErmineError } from '../event/errors.ts';
import type { Log, StorageHealth } from '../storage/storage.ts';

/** What the application may want to tell its user about the place where the events are. */
export interface Health extends StorageHealth {
  readonly storage: string;
  readonly epoch: string;
  /** Why the connection was closed for good. */
  readonly error: ErmineError | undefined;
}

/** Usage is asked again so often while somebody looks, in milliseconds. */
const REFRESH_MS = 10_000;

/** @param connection$ emits when the connection has changed, with the reason when it is closed for good */
export function createHealth(log: Log, storage: string, connection$: Observable<ErmineError | undefined>): Observable<Health> {
  let error: ErmineError | undefined;
  return merge(timer(0, REFRESH_MS), connection$).pipe(
    switchMap(async (cause) => {
      if (typeof cause === 'object') error = cause;
      return { ...(await log.health()), storage, epoch: log.epoch, error };
    }),
    takeWhile(({ connection }) => connection !== 'closed', true),
  );
}
