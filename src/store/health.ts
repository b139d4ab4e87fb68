import { Observable, type Subject } from 'rxjs';
import type { ErmineError } from '../event/errors.ts';
import type { Log, StorageHealth } from '../storage/storage.ts';
import { unref } from '../tabs/unref.ts';

/** What the application may want to tell its user about the place where the events are. */
export interface Health extends StorageHealth {
  readonly storage: string;
  readonly epoch: string;
  /** Why the connection was closed for good. */
  readonly error: ErmineError | undefined;
}

/** Usage is asked again so often while somebody looks, in milliseconds. */
const REFRESH_MS = 10_000;

/** @param closed$ emits when the store has closed: the last state is told, and that is all */
export function createHealth(log: Log, storage: string, closed$: Subject<void>): Observable<Health> {
  let error: ErmineError | undefined;
  return new Observable((subscriber) => {
    const emit = async (): Promise<void> => {
      const health = await log.health();
      if (!subscriber.closed) subscriber.next({ ...health, storage, epoch: log.epoch, error });
      if (health.connection === 'closed') subscriber.complete();
    };
    const refresh = (): void => void emit().catch((cause: unknown) => subscriber.error(cause));
    const stop = log.onConnection((_state, cause) => {
      error = cause;
      refresh();
    });
    const timer = setInterval(refresh, REFRESH_MS);
    unref(timer);
    const closing = closed$.subscribe(refresh);
    refresh();
    return () => {
      closing.unsubscribe();
      stop();
      clearInterval(timer);
    };
  });
}
