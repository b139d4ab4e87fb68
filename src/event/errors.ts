/** The base of every error that Ermine throws. Tell errors apart by `code` (see {@link isErmineError}). */
export abstract class ErmineError extends Error {
  /** Stable and literal; it survives bundlers, workers and realms, which `instanceof` does not. */
  declare readonly code: ErrorCode;

  constructor(name: string, code: ErrorCode, message: string, fields: object = {}, options?: ErrorOptions) {
    super(message, options);
    Object.assign(this, { name, code }, fields);
  }
}

/** The stream was not at the expected version: nothing of this append was written. Load the stream and decide anew. */
export class ConcurrencyError extends ErmineError {
  declare readonly code: 'CONCURRENCY_CONFLICT';
  declare readonly streamId: string;
  declare readonly expectedVersion: number;
  declare readonly actualVersion: number;

  /** @param actualVersion the stream's version in the transaction that refused the append; 0 when it does not exist */
  constructor(
    streamId: string,
    expectedVersion: number,
    actualVersion: number,
  ) {
    super('ConcurrencyError', 'CONCURRENCY_CONFLICT', `Stream "${streamId}" is at version ${actualVersion}, expected ${expectedVersion}. ` +
        'Nothing was written. Load the stream and decide anew.', { streamId, expectedVersion, actualVersion });
  }
}

/** An expected version, a version, a position or a count is not a number that can mean one. */
export class InvalidVersionError extends ErmineError {
  declare readonly code: 'INVALID_VERSION';
  declare readonly argument: string;
  declare readonly value: unknown;

  constructor(
    argument: string,
    value: unknown,
    rule: string,
  ) {
    super('InvalidVersionError', 'INVALID_VERSION', `${argument} is ${print(value)}, but must be ${rule}.`, { argument, value });
  }
}

/** A stream id, or a category, breaks a rule of stream names. */
export class InvalidStreamIdError extends ErmineError {
  declare readonly code: 'INVALID_STREAM_ID';
  declare readonly value: unknown;

  constructor(
    value: unknown,
    rule: string,
  ) {
    super('InvalidStreamIdError', 'INVALID_STREAM_ID', `${print(value)} is not a stream id: ${rule}.`, { value });
  }
}

/** An event cannot be stored as it is. `path` points at the value, such as `events[2].data.items[0]`. */
export class InvalidEventError extends ErmineError {
  declare readonly code: 'INVALID_EVENT';
  declare readonly path: string;

  constructor(
    path: string,
    rule: string,
    options?: ErrorOptions,
  ) {
    super('InvalidEventError', 'INVALID_EVENT', `${path} ${rule}. Nothing was written.`, { path }, options);
  }
}

/** An append without events. */
export class NoEventsError extends ErmineError {
  declare readonly code: 'NO_EVENTS';

  constructor() {
    super('NoEventsError', 'NO_EVENTS', 'The append needs an event.');
  }
}

/** An event or a batch is over its limit, in UTF-8 bytes of its JSON or in events. */
export class EventTooLargeError extends ErmineError {
  declare readonly code: 'EVENT_TOO_LARGE';
  declare readonly path: string;
  declare readonly actual: number;
  declare readonly limit: number;
  declare readonly unit: 'bytes' | 'events';

  constructor(
    path: string,
    actual: number,
    limit: number,
    unit: 'bytes' | 'events',
  ) {
    super('EventTooLargeError', 'EVENT_TOO_LARGE', `${path} is ${actual} ${unit}, the limit is ${limit}. Nothing was written. Append less, or raise the limit.`, { path, actual, limit, unit });
  }
}

/** Some of the event ids are in the log and some are not, or they are not together: this is no repeated append. */
export class CorruptedIdempotencyError extends ErmineError {
  declare readonly code: 'CORRUPTED_IDEMPOTENCY';
  declare readonly streamId: string;
  declare readonly knownIds: readonly string[];

  constructor(
    streamId: string,
    knownIds: readonly string[],
  ) {
    super('CorruptedIdempotencyError', 'CORRUPTED_IDEMPOTENCY', `Events of this append to "${streamId}" are stored already (id ${knownIds[0]}), but not as it is. Nothing was written. ` +
        'Repeat an append with all its events; new events need new ids.', { streamId, knownIds });
  }
}

/** The store was closed, or is closing. */
export class StoreClosedError extends ErmineError {
  declare readonly code: 'STORE_CLOSED';

  constructor() {
    super('StoreClosedError', 'STORE_CLOSED', 'The store is closed. Open it again.');
  }
}

/** The browser's quota or the disk is full: nothing was written, the store can still be used. */
export class StorageFullError extends ErmineError {
  declare readonly code: 'STORAGE_FULL';

  constructor(options?: ErrorOptions) {
    super('StorageFullError', 'STORAGE_FULL', 'The storage is full. Nothing was written. Delete something.', {}, options);
  }
}

/** Another tab holds the database and does not let go in time. */
export class StorageBlockedError extends ErmineError {
  declare readonly code: 'STORAGE_BLOCKED';
  declare readonly what: string;
  declare readonly written: 'no' | 'unknown';
  declare readonly eventIds: readonly string[];

  /**
   * @param written `no`: certainly nothing was written; `unknown`: it may still be written later, so
   * repeat the append with the same `eventIds`, which returns the first result if it was
   */
  constructor(
    what: string,
    written: 'no' | 'unknown',
    eventIds: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super('StorageBlockedError', 'STORAGE_BLOCKED', written === 'no'
        ? `${what} Nothing was written. Close other tabs and try again.`
        : `${what} It may still be written: repeat it with the same eventIds.`, { what, written, eventIds }, options);
  }
}

/** The storage cannot be used here at all: refused, missing, or broken. */
export class StorageUnavailableError extends ErmineError {
  declare readonly code: 'STORAGE_UNAVAILABLE';

  constructor(what: string, options?: ErrorOptions) {
    super('StorageUnavailableError', 'STORAGE_UNAVAILABLE', what, {}, options);
  }
}

/** The database was made by a newer version of Ermine: reload the page to get it. */
export class VersionTooNewError extends ErmineError {
  declare readonly code: 'VERSION_TOO_NEW';
  declare readonly storage: string;

  constructor(
    storage: string,
    options?: ErrorOptions,
  ) {
    super('VersionTooNewError', 'VERSION_TOO_NEW', `The database "${storage}" was upgraded by newer code. Reload the page.`, { storage }, options);
  }
}

/** The log is not the one it was: its data was cleared or replaced, so positions mean something else now. */
export class EpochChangedError extends ErmineError {
  declare readonly code: 'EPOCH_CHANGED';
  declare readonly expectedEpoch: string;
  declare readonly actualEpoch: string | undefined;

  constructor(
    expectedEpoch: string,
    actualEpoch: string | undefined,
  ) {
    super('EpochChangedError', 'EPOCH_CHANGED', 'The log was cleared or replaced. Open the store again and subscribe from 0.', { expectedEpoch, actualEpoch });
  }
}

/** The stream was deleted; its name is not used again. */
export class StreamDeletedError extends ErmineError {
  declare readonly code: 'STREAM_DELETED';
  declare readonly streamId: string;

  constructor(streamId: string) {
    super('StreamDeletedError', 'STREAM_DELETED', `Stream "${streamId}" was deleted; its name is not used again.`, { streamId });
  }
}

/** A line of an import cannot be read; nothing of its batch was written, the batches before it were. */
export class InvalidImportError extends ErmineError {
  declare readonly code: 'INVALID_IMPORT';
  declare readonly line: number;

  /** @param line the line's number in the input, from 1 */
  constructor(line: number, message: string, options?: ErrorOptions) {
    super('InvalidImportError', 'INVALID_IMPORT', message, { line }, options);
  }
}

/** A document that came with an append is not as it was read: nothing of the append was written. Read it again and decide anew. */
export class DocumentConflictError extends ErmineError {
  declare readonly code: 'DOCUMENT_CONFLICT';
  declare readonly collection: string;
  declare readonly key: string;

  constructor(collection: string, key: string) {
    super('DocumentConflictError', 'DOCUMENT_CONFLICT', `The document "${key}" of "${collection}" has changed meanwhile. ` +
        'Nothing was written. Read it again and decide anew.', { collection, key });
  }
}

/** A question in SQL that is not answered: it would write, is no SQL, or takes too long. Nothing was changed. */
export class InvalidQueryError extends ErmineError {
  declare readonly code: 'INVALID_QUERY';

  constructor(message: string, options?: ErrorOptions) {
    super('InvalidQueryError', 'INVALID_QUERY', message, {}, options);
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
  DOCUMENT_CONFLICT: DocumentConflictError;
  INVALID_QUERY: InvalidQueryError;
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
  const { code: actual } = Object(error) as { code?: unknown };
  return code === undefined ? CODES.has(actual) : actual === code;
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
  'DOCUMENT_CONFLICT',
  'INVALID_QUERY',
]);

function print(value: unknown): string {
  return typeof value === 'object' ? 'An object' : String(value).slice(0, 80);
}
