import { merge, switchMap, takeWhile, timer, type Observable } from 'rxjs';
import type { ErmineError } from '../event/errors.ts';
import type { Log, StorageState } from '../storage/storage.ts';

/** What the application may want to tell its user about the place where the events are. */
export interface Health extends StorageState {
  /** The name of the storage, such as `indexeddb:shop`. */
  readonly storage: string;
  /** The identity of the log; a cleared or replaced one has another. */
  readonly epoch: string;
  /** Whether the browser promised not to evict the data; undefined where it cannot say. */
  readonly persisted: boolean | undefined;
  /** The browser's estimates for the whole origin, in bytes; what it enforces may be far from them, so do not plan on them. */
  readonly usageBytes: number | undefined;
  readonly quotaBytes: number | undefined;
  /** Why the connection was closed for good. */
  readonly error: ErmineError | undefined;
}

/** How often the usage is looked up again while somebody watches, in milliseconds. */
const REFRESH_MS = 10_000;

/** @param connection$ emits when the connection has changed, with the reason when it is closed for good */
export function createHealth(log: Log, storage: string, connection$: Observable<ErmineError | undefined>): Observable<Health> {
  let error: ErmineError | undefined;
  return merge(timer(0, REFRESH_MS), connection$).pipe(
    switchMap(async (cause) => {
      if (typeof cause === 'object') error = cause;
      const manager: Partial<StorageManager> | undefined = log.state().durability === 'none' ? undefined : globalThis.navigator?.storage;
      const [persisted, estimate] = await Promise.all([
        manager?.persisted?.().catch(() => undefined),
        manager?.estimate?.().catch(() => undefined),
      ]);
      const { usage: usageBytes, quota: quotaBytes } = estimate ?? {};
      return { ...log.state(), storage, epoch: log.epoch, persisted, usageBytes, quotaBytes, error };
    }),
    takeWhile(({ connection }) => connection !== 'closed', true),
  );
}
