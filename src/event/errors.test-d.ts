// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import type { RejectionReason, SyncStop } from '../sync.ts';
import { ConcurrencyError, isErmineError, type ErmineError, type ErrorCode, type StorageBlockedError } from '../index.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function check<T extends true>(): T;

export function narrows(error: unknown): void {
  // @ts-expect-error a caught value is unknown
  void error.code;
  if (isErmineError(error, 'CONCURRENCY_CONFLICT')) {
    check<Same<typeof error, ConcurrencyError>>();
    check<Same<typeof error.actualVersion, number>>();
    check<Same<typeof error.code, 'CONCURRENCY_CONFLICT'>>();
    // @ts-expect-error no field of this error
    void error.eventIds;
    // @ts-expect-error readonly
    error.actualVersion = 1;
  }
  if (isErmineError(error, 'STORAGE_BLOCKED')) {
    check<Same<typeof error, StorageBlockedError>>();
    check<Same<typeof error.written, 'no' | 'unknown'>>();
  }
  // @ts-expect-error no such code
  isErmineError(error, 'CONFLICT');
}

export function narrowsByCode(error: unknown): string | undefined {
  if (!isErmineError(error)) return undefined;
  check<Same<typeof error.code, ErrorCode>>();
  switch (error.code) {
    case 'EVENT_TOO_LARGE':
      check<Same<typeof error.unit, 'bytes' | 'events'>>();
      return `${error.path}: ${error.actual} of ${error.limit}`;
    case 'EPOCH_CHANGED':
      check<Same<typeof error.actualEpoch, string | undefined>>();
      return error.expectedEpoch;
    case 'CONCURRENCY_CONFLICT':
    case 'STREAM_DELETED':
    case 'CORRUPTED_IDEMPOTENCY':
      return error.streamId;
    case 'INVALID_IMPORT':
      return String(error.line);
    default:
      return error.message;
  }
}

export function everyCodeHasItsClass(error: unknown, code: ErrorCode): ErmineError | undefined {
  return isErmineError(error, code) ? error : undefined;
}

export function classesCanBeMade(): void {
  const error: ErmineError = new ConcurrencyError('Order-1', 3, 4);
  check<Same<typeof error.code, ErrorCode>>();
  // @ts-expect-error the actual version is what it is about
  new ConcurrencyError('Order-1', 3);
}

export function offersWhatIsKnown(): void {
  // What a newer server says has a place, and an editor still offers what is known.
  check<Same<Extract<SyncStop, 'HISTORY_LOST' | 'SOMETHING_ELSE'>, 'HISTORY_LOST'>>();
  check<Same<Extract<RejectionReason['code'], 'REJECTED' | 'SOMETHING_ELSE'>, 'REJECTED'>>();
  const said: SyncStop = String('of a newer server');
  void said;
}
