import { StorageBlockedError } from '../event/errors.ts';
import type { Append, AppendOutcome } from './storage.ts';
import { withAllIds } from './with-all-ids.ts';

/**
 * What a group of appends comes to when the storage was blocked: each error has the ids of that append's own events.
 *
 * @param uncertain whether an earlier try at the group may have been written
 */
export function blockedOutcomes(appends: readonly Append[], cause: StorageBlockedError, uncertain = false): AppendOutcome[] {
  return appends.map((append) => ({ ok: false, error: blockedAppend(append, cause, uncertain) }));
}

/** The same error for one append, by whose ids its fate can be found out. */
export function blockedAppend(append: Append, cause: StorageBlockedError, uncertain = false): StorageBlockedError {
  return new StorageBlockedError(cause.what, uncertain ? 'unknown' : cause.written, withAllIds(append).ids, { cause });
}
