import { StorageBlockedError, StorageFullError, StorageUnavailableError, isErmineError } from '../../event/errors.ts';
import { SQLITE_BUSY, SQLITE_FULL, SqliteError } from './driver.ts';

/** What an operation failed with, as an error of Ermine's; its transaction was undone. */
export function explainError(cause: unknown): unknown {
  if (isErmineError(cause) || !(cause instanceof SqliteError)) return cause;
  if (cause.resultCode === SQLITE_FULL) return new StorageFullError({ cause });
  if (cause.resultCode === SQLITE_BUSY) return new StorageBlockedError('Another process holds the database.', 'no', [], { cause });
  return new StorageUnavailableError(`The database failed: ${cause.message}.`, { cause });
}
