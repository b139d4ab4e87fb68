import { StorageBlockedError, StorageFullError, StorageUnavailableError, isErmineError, type ErmineError } from '../../event/errors.ts';
import { SQLITE_BUSY, SQLITE_FULL, SqliteError } from './driver.ts';

/** What an operation failed with, as an error of Ermine's; its transaction was undone. */
export function explainError(cause: unknown): ErmineError {
  if (isErmineError(cause)) return cause;
  const code = cause instanceof SqliteError ? cause.resultCode : 0;
  if (code === SQLITE_FULL) return new StorageFullError({ cause });
  if (code === SQLITE_BUSY) return new StorageBlockedError('Another process holds the database.', 'no', [], { cause });
  return new StorageUnavailableError(`The database failed: ${String(cause)}.`, { cause });
}
