import type { ErmineError } from '../event/errors.ts';

/** What sync is doing. */
export type SyncStatus =
  /** The server cannot be reached; it is tried again, and at once when the browser says that it is online. */
  | { readonly state: 'offline'; readonly error: Error }
  | { readonly state: 'connecting' }
  | { readonly state: 'pushing'; readonly done: number; readonly total: number }
  /** Up to a position of the server's log, which ends at `head`. */
  | { readonly state: 'pulling'; readonly position: number; readonly head: number }
  | { readonly state: 'upToDate' }
  /** It does not go on. `final`: not before `sync.now()`, `sync.resume()` after a pause, or the next start. What is pending stays. */
  | { readonly state: 'stuck'; readonly error: ErmineError | Error; readonly final: boolean }
  | { readonly state: 'paused' }
  /** Another tab does it. */
  | { readonly state: 'standby' };
