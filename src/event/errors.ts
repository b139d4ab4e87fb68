/** The base of every error that Ermine throws. Tell errors apart by `code` (see {@link isErmineError}). */
export abstract class ErmineError extends Error {
  /** Stable and literal; it survives bundlers, workers and realms, which `instanceof` does not. */
  abstract readonly code: string;
}

/** The stream was not at the expected version: nothing of this append was written. Load the stream again and decide anew. */
export class ConcurrencyError extends ErmineError {
  override readonly name = 'ConcurrencyError';
  readonly code = 'CONCURRENCY_CONFLICT';

  /** @param actualVersion the stream's version in the transaction that refused the append; 0 when it does not exist */
  constructor(
    readonly streamId: string,
    readonly expectedVersion: number,
    readonly actualVersion: number,
  ) {
    super(
      `Stream "${streamId}" is at version ${actualVersion}, expected ${describeExpectation(expectedVersion)}. ` +
        'Nothing was written. Load the stream again and decide anew.',
    );
  }
}

function describeExpectation(expectedVersion: number): string {
  if (expectedVersion === 0) return 'no stream (NoStream)';
  if (expectedVersion === -2) return 'an existing stream (StreamExists)';
  return String(expectedVersion);
}

/** An expected version, a version, a position or a count is not a number that can mean one. */
export class InvalidVersionError extends ErmineError {
  override readonly name = 'InvalidVersionError';
  readonly code = 'INVALID_VERSION';

  constructor(
    readonly argument: string,
    readonly value: unknown,
    rule: string,
  ) {
    super(`${argument} is ${print(value)}, but must be ${rule}.`);
  }
}

/** A stream id, or a category, breaks a rule of stream names. */
export class InvalidStreamIdError extends ErmineError {
  override readonly name = 'InvalidStreamIdError';
  readonly code = 'INVALID_STREAM_ID';

  constructor(
    readonly value: unknown,
    rule: string,
  ) {
    super(`${print(value)} is not a stream id: ${rule}.`);
  }
}

/** An event cannot be stored as it is. `path` points at the value, such as `events[2].data.items[0]`. */
export class InvalidEventError extends ErmineError {
  override readonly name = 'InvalidEventError';
  readonly code = 'INVALID_EVENT';

  constructor(
    readonly path: string,
    rule: string,
    options?: ErrorOptions,
  ) {
    super(`${path} ${rule}. Nothing was written.`, options);
  }
}

/** An append without events. */
export class NoEventsError extends ErmineError {
  override readonly name = 'NoEventsError';
  readonly code = 'NO_EVENTS';

  constructor() {
    super('The append holds no events: pass at least one.');
  }
}

/** An event or a batch is over its limit, in UTF-8 bytes of its JSON or in events. */
export class EventTooLargeError extends ErmineError {
  override readonly name = 'EventTooLargeError';
  readonly code = 'EVENT_TOO_LARGE';

  constructor(
    readonly path: string,
    readonly actual: number,
    readonly limit: number,
    readonly unit: 'bytes' | 'events',
  ) {
    super(
      `${path} is ${actual} ${unit}, the limit is ${limit}. Nothing was written. Append in parts, refer to large content, or raise \`limits\`.`,
    );
  }
}

/** Some of the event ids are in the log and some are not, or they are not together: this is no repeated append. */
export class CorruptedIdempotencyError extends ErmineError {
  override readonly name = 'CorruptedIdempotencyError';
  readonly code = 'CORRUPTED_IDEMPOTENCY';

  constructor(
    readonly streamId: string,
    readonly knownIds: readonly string[],
  ) {
    super(
      `The append to "${streamId}" has ids of stored events (${knownIds[0]} …), but does not repeat their append. ` +
        'Nothing was written. Repeat an append with exactly its events, and give new events new ids.',
    );
  }
}

/** The store was closed, or is closing. */
export class StoreClosedError extends ErmineError {
  override readonly name = 'StoreClosedError';
  readonly code = 'STORE_CLOSED';

  constructor() {
    super('The store is closed. Open it again with openEventStore().');
  }
}

/** The browser's quota or the disk is full: nothing was written, the store can still be used. */
export class StorageFullError extends ErmineError {
  override readonly name = 'StorageFullError';
  readonly code = 'STORAGE_FULL';

  constructor(options?: ErrorOptions) {
    super(
      'The storage is full (quota or disk). Nothing was written. Free some space, or delete or truncate streams, and append again.',
      options,
    );
  }
}

/** Another tab holds the database and does not let go in time. */
export class StorageBlockedError extends ErmineError {
  override readonly name = 'StorageBlockedError';
  readonly code = 'STORAGE_BLOCKED';

  /**
   * @param written `no`: certainly nothing was written; `unknown`: it may still be written later, so
   * repeat the append with the same `eventIds`, which returns the first result if it was
   */
  constructor(
    readonly what: string,
    readonly written: 'no' | 'unknown',
    readonly eventIds: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(
      written === 'no'
        ? `${what} Nothing was written. Close the other tabs of this site and try again.`
        : `${what} It may still be written: repeat the append with the same ids (error.eventIds), which is safe.`,
      options,
    );
  }
}

/** The storage cannot be used here at all: refused, missing, or broken. */
export class StorageUnavailableError extends ErmineError {
  override readonly name = 'StorageUnavailableError';
  readonly code = 'STORAGE_UNAVAILABLE';

  constructor(what: string, options?: ErrorOptions) {
    super(what, options);
  }
}

/** The database was made by a newer version of Ermine: reload the page to get it. */
export class VersionTooNewError extends ErmineError {
  override readonly name = 'VersionTooNewError';
  readonly code = 'VERSION_TOO_NEW';

  constructor(
    readonly storage: string,
    options?: ErrorOptions,
  ) {
    super(
      `The database "${storage}" was upgraded by a newer version of this application. Reload the page to get it.`,
      options,
    );
  }
}

/** The log is not the one it was: its data was cleared or replaced, so positions mean something else now. */
export class EpochChangedError extends ErmineError {
  override readonly name = 'EpochChangedError';
  readonly code = 'EPOCH_CHANGED';

  constructor(
    readonly expectedEpoch: string,
    readonly actualEpoch: string | undefined,
  ) {
    super(
      'The log was cleared or replaced, so old positions mean nothing in it. Open the store again and subscribe from 0.',
    );
  }
}

/** The stream was deleted; its name is not used again. */
export class StreamDeletedError extends ErmineError {
  override readonly name = 'StreamDeletedError';
  readonly code = 'STREAM_DELETED';

  constructor(readonly streamId: string) {
    super(`Stream "${streamId}" was deleted, and its name is not used again. Choose another id.`);
  }
}

/** A line of an import cannot be read; nothing of its batch was written, the batches before it were. */
export class InvalidImportError extends ErmineError {
  override readonly name = 'InvalidImportError';
  readonly code = 'INVALID_IMPORT';

  /** @param line the line's number in the input, from 1 */
  constructor(
    readonly line: number,
    rule: string,
    options?: ErrorOptions,
  ) {
    super(`Line ${line} of the import ${rule}. Nothing of its batch was written. Mend it and import again: nothing is stored twice.`, options);
  }
}

interface ErrorByCode {
  CONCURRENCY_CONFLICT: ConcurrencyError;
  INVALID_VERSION: InvalidVersionError;
  INVALID_STREAM_ID: InvalidStreamIdError;
  INVALID_EVENT: InvalidEventError;
  NO_EVENTS: NoEventsError;
  EVENT_TOO_LARGE: EventTooLargeError;
  CORRUPTED_IDEMPOTENCY: CorruptedIdempotencyError;
  STORE_CLOSED: StoreClosedError;
  STORAGE_FULL: StorageFullError;
  STORAGE_BLOCKED: StorageBlockedError;
  STORAGE_UNAVAILABLE: StorageUnavailableError;
  VERSION_TOO_NEW: VersionTooNewError;
  EPOCH_CHANGED: EpochChangedError;
  STREAM_DELETED: StreamDeletedError;
  INVALID_IMPORT: InvalidImportError;
}

/** The code of an {@link ErmineError}. */
export type ErrorCode = keyof ErrorByCode;

/**
 * Whether a caught value is an Ermine error, and, with `code`, which one; narrows the type.
 * It looks at the code, so it holds across workers and realms and with two copies of the package.
 *
 * @example if (isErmineError(error, 'CONCURRENCY_CONFLICT')) console.log(error.actualVersion);
 */
export function isErmineError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is ErrorByCode[Code] {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error)) return false;
  return code === undefined ? CODES.has(error.code) : error.code === code;
}

const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'CONCURRENCY_CONFLICT',
  'INVALID_VERSION',
  'INVALID_STREAM_ID',
  'INVALID_EVENT',
  'NO_EVENTS',
  'EVENT_TOO_LARGE',
  'CORRUPTED_IDEMPOTENCY',
  'STORE_CLOSED',
  'STORAGE_FULL',
  'STORAGE_BLOCKED',
  'STORAGE_UNAVAILABLE',
  'VERSION_TOO_NEW',
  'EPOCH_CHANGED',
  'STREAM_DELETED',
  'INVALID_IMPORT',
]);

function print(value: unknown): string {
  return typeof value === 'string' ? `"${value.slice(0, 80)}"` : String(value);
}
