/** The base of every error that Ermine throws. Tell errors apart by `code` (see {@link isErmineError}). */
export abstract class ErmineError extends Error {
  /** Stable and literal; it survives bundlers, workers and realms, which `instanceof` does not. */
  declare readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, fields: object = {}, options?: ErrorOptions) {
    super(message, options);
    Object.assign(this, { name: nameOf(code), code }, fields);
  }
}

/** The stream was not at the expected version: nothing of this append was written. Load the stream and decide anew. */
export class ConcurrencyError extends ErmineError {
  declare readonly code: 'CONCURRENCY_CONFLICT';
  declare readonly streamId: string;
  declare readonly expectedVersion: number;
  declare readonly actualVersion: number;

  /** @param actualVersion the stream's version in the transaction that refused the append; 0 when it does not exist */
  constructor(streamId: string, expectedVersion: number, actualVersion: number) {
    super('CONCURRENCY_CONFLICT', `Stream "${streamId}" is at version ${actualVersion}, expected ${expectedVersion}. ` +
        'Nothing was written. Load the stream and decide anew.', { streamId, expectedVersion, actualVersion });
  }
}

/** An expected version, a version, a position, a count or the time is not a number that can mean one. */
export class InvalidVersionError extends ErmineError {
  declare readonly code: 'INVALID_VERSION';
  declare readonly argument: string;
  declare readonly value: unknown;

  constructor(argument: string, value: unknown, rule: string) {
    super('INVALID_VERSION', `${argument} is ${print(value)}, but must be ${rule}.`, { argument, value });
  }
}

/** A stream id, or a category, breaks a rule of stream names. */
export class InvalidStreamIdError extends ErmineError {
  declare readonly code: 'INVALID_STREAM_ID';
  declare readonly value: unknown;

  constructor(value: unknown, rule: string) {
    super('INVALID_STREAM_ID', `${print(value)} is not a stream id: ${rule}.`, { value });
  }
}

/** An event cannot be stored as it is. `path` points at the value, such as `events[2].data.items[0]`. */
export class InvalidEventError extends ErmineError {
  declare readonly code: 'INVALID_EVENT';
  declare readonly path: string;

  constructor(path: string, rule: string, options?: ErrorOptions) {
    super('INVALID_EVENT', `${path} ${rule}. Nothing was written.`, { path }, options);
  }
}

/** An append without events. */
export class NoEventsError extends ErmineError {
  declare readonly code: 'NO_EVENTS';

  constructor() {
    super('NO_EVENTS', 'The append needs an event.');
  }
}

/** An event or a batch is over its limit, in UTF-8 bytes of its JSON or in events. */
export class EventTooLargeError extends ErmineError {
  declare readonly code: 'EVENT_TOO_LARGE';
  declare readonly path: string;
  declare readonly actual: number;
  declare readonly limit: number;
  declare readonly unit: 'bytes' | 'events';

  constructor(path: string, actual: number, limit: number, unit: 'bytes' | 'events') {
    super('EVENT_TOO_LARGE', `${path} is ${actual} ${unit}, the limit is ${limit}. Nothing was written. Append less, or raise the limit.`, { path, actual, limit, unit });
  }
}

/** Some of the event ids are in the log and some are not, or they are not together: this is no repeated append. */
export class CorruptedIdempotencyError extends ErmineError {
  declare readonly code: 'CORRUPTED_IDEMPOTENCY';
  declare readonly streamId: string;
  declare readonly knownIds: readonly string[];

  constructor(streamId: string, knownIds: readonly string[]) {
    super('CORRUPTED_IDEMPOTENCY', `Event ${knownIds[0]} of this append to "${streamId}" is stored already, in another append. Nothing was written. ` +
        'Repeat an append as it was; new events need new ids.', { streamId, knownIds });
  }
}

/** The store was closed, or is closing. */
export class StoreClosedError extends ErmineError {
  declare readonly code: 'STORE_CLOSED';

  constructor() {
    super('STORE_CLOSED', 'The store is closed. Open it again.');
  }
}

/** The browser's quota or the disk is full: nothing was written, the store can still be used. */
export class StorageFullError extends ErmineError {
  declare readonly code: 'STORAGE_FULL';

  constructor(options?: ErrorOptions) {
    super('STORAGE_FULL', 'The storage is full. Nothing was written. Delete something.', {}, options);
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
  constructor(what: string, written: 'no' | 'unknown', eventIds: readonly string[] = [], options?: ErrorOptions) {
    super('STORAGE_BLOCKED', written === 'no'
        ? `${what} Nothing was written. Try again.`
        : `${what} It may still be written: repeat it with the same eventIds.`, { what, written, eventIds }, options);
  }
}

/** The storage cannot be used here at all: refused, missing, or broken. */
export class StorageUnavailableError extends ErmineError {
  declare readonly code: 'STORAGE_UNAVAILABLE';

  constructor(what: string, options?: ErrorOptions) {
    super('STORAGE_UNAVAILABLE', what, {}, options);
  }
}

/** The database, or a projection, was made by newer code: reload the page to get it. */
export class VersionTooNewError extends ErmineError {
  declare readonly code: 'VERSION_TOO_NEW';
  /** The name of the database or the projection. */
  declare readonly storage: string;

  constructor(storage: string, options?: ErrorOptions, what = 'database') {
    super('VERSION_TOO_NEW', `The ${what} "${storage}" was upgraded by newer code. Reload the page, or deploy that code.`, { storage }, options);
  }
}

/** The log is not the one it was: its data was cleared or replaced, so positions mean something else now. */
export class EpochChangedError extends ErmineError {
  declare readonly code: 'EPOCH_CHANGED';
  declare readonly expectedEpoch: string;
  declare readonly actualEpoch: string | undefined;

  constructor(expectedEpoch: string, actualEpoch: string | undefined) {
    super('EPOCH_CHANGED', 'The log was cleared or replaced. Open the store again and subscribe from 0.', { expectedEpoch, actualEpoch });
  }
}

/** The stream was deleted; its name is not used again. */
export class StreamDeletedError extends ErmineError {
  declare readonly code: 'STREAM_DELETED';
  declare readonly streamId: string;

  constructor(streamId: string) {
    super('STREAM_DELETED', `Stream "${streamId}" was deleted; its name is not used again.`, { streamId });
  }
}

/** A line of an import cannot be read; nothing of its batch was written, the batches before it were. */
export class InvalidImportError extends ErmineError {
  declare readonly code: 'INVALID_IMPORT';
  declare readonly line: number;

  /** @param line the line's number in the input, from 1 */
  constructor(line: number, message: string, options?: ErrorOptions) {
    super('INVALID_IMPORT', message, { line }, options);
  }
}

/** A document that came with an append is not as it was read: nothing of the append was written. Read it again and decide anew. */
export class DocumentConflictError extends ErmineError {
  declare readonly code: 'DOCUMENT_CONFLICT';
  /** Empty, and the key too, when the log had gone on from the position that the documents were made for. */
  declare readonly collection: string;
  declare readonly key: string;

  constructor(collection: string, key: string) {
    super('DOCUMENT_CONFLICT', `The document "${key}" of "${collection}" has changed meanwhile. ` +
        'Nothing was written. Read it again and decide anew.', { collection, key });
  }
}

/** A SQL query was not answered: it would write, is not valid SQL, or takes too long. Nothing was changed. */
export class InvalidQueryError extends ErmineError {
  declare readonly code: 'INVALID_QUERY';

  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_QUERY', message, {}, options);
  }
}

/** A statement of a projection failed, or may not be run. Nothing was written. */
export class SqlFailedError extends ErmineError {
  declare readonly code: 'SQL_FAILED';
  /** Which one of those that were to be written together, from 0. */
  declare readonly statement: number;
  declare readonly sql: string;

  constructor(statement: number, sql: string, reason: string, options?: ErrorOptions) {
    super('SQL_FAILED', `SQLite did not run "${sql.slice(0, 200)}": ${reason}. Nothing was written.`, { statement, sql }, options);
  }
}

/** A log is not copied into another storage, or the copy is not what the source is. The source is as it was. */
export class CopyRefusedError extends ErmineError {
  declare readonly code: 'COPY_REFUSED';
  declare readonly reason: CopyRefusal;
  /** The first position at which the logs differ; 0 when none was compared. */
  declare readonly position: number;

  constructor(reason: CopyRefusal, position: number, message: string, options?: ErrorOptions) {
    super('COPY_REFUSED', message, { reason, position }, options);
  }
}

/**
 * `OTHER_LOG`: the target holds something else than the beginning of the source. `CHANGED`: the source or the target was
 * changed while it was copied. `SAME_LOG`: both are one log. `REPLICA`: one of them belongs to a synced store.
 */
export type CopyRefusal = 'OTHER_LOG' | 'CHANGED' | 'SAME_LOG' | 'REPLICA';

/** Something that a synced store does not do; `reason` says why. */
export class SyncRefusedError extends ErmineError {
  declare readonly code: 'SYNC_REFUSED';
  declare readonly reason: SyncRefusal;

  constructor(reason: SyncRefusal, message: string) {
    super('SYNC_REFUSED', message, { reason });
  }
}

/**
 * `NOT_REPLICATED`: a version of a stream that is not replicated here. `NOT_A_REPLICA`: the storage holds a log of its own.
 * `ONLY_ON_SERVER`: erasing is for all. `UNKNOWN_COMMIT`: no rejected commit has this id. `MOVED`: a later generation of the
 * replica goes on with what is pending.
 */
export type SyncRefusal = 'NOT_REPLICATED' | 'NOT_A_REPLICA' | 'ONLY_ON_SERVER' | 'UNKNOWN_COMMIT' | 'MOVED';

/** Why sync does not go on. Nothing is lost: what is pending stays, and appending goes on. */
export class SyncStoppedError extends ErmineError {
  declare readonly code: 'SYNC_STOPPED';
  declare readonly reason: SyncStop;

  constructor(reason: SyncStop, message: string, options?: ErrorOptions) {
    super('SYNC_STOPPED', message, { reason }, options);
  }
}

/** Why sync does not go on, see `docs/errors.md`: one of these, or whatever else a server says. */
export type SyncStop =
  | 'EPOCH_CHANGED'
  | 'HISTORY_LOST'
  | 'FOREIGN_EVENTS'
  | 'SCOPE_CHANGED'
  | 'PROTOCOL'
  | 'CLIENT_OF_ANOTHER_USER'
  | 'UNAUTHORIZED'
  | 'MALFORMED_ANSWER'
  | 'NO_PROGRESS'
  | (string & {});

/** An event of the log cannot be turned into what the application reads. It stays in the log as it is. */
export class UnreadableEventError extends ErmineError {
  declare readonly code: 'UNREADABLE_EVENT';
  /** As it is stored. */
  declare readonly event: EventPlace;

  constructor(event: EventPlace, reason: string, options?: ErrorOptions) {
    super('UNREADABLE_EVENT', `Event ${event.globalPosition} of the log ("${event.type}") ${reason}. It stays as it is.`, { event }, options);
  }
}

/** Which event it is. */
export interface EventPlace {
  readonly id: string;
  readonly streamId: { readonly category: string; readonly id: string };
  readonly type: string;
  readonly version: number;
  readonly globalPosition: number;
}

/** The events that a store was to be opened with do not fit together. Nothing was opened. */
export class InvalidRegistryError extends ErmineError {
  declare readonly code: 'INVALID_REGISTRY';

  constructor(problem: string) {
    super('INVALID_REGISTRY', `The event registry is not complete: ${problem}.`);
  }
}

/** A projection, what its handler did, or a question to it breaks a rule. */
export class InvalidProjectionError extends ErmineError {
  declare readonly code: 'INVALID_PROJECTION';
  declare readonly projection: string;

  constructor(projection: string, rule: string) {
    super('INVALID_PROJECTION', `Projection "${projection}": ${rule}.`, { projection });
  }
}

/**
 * A handler failed at an event: its projection stands before that event until somebody decides; no other one is affected.
 * At a pending event (its position is `Infinity`) the projection does not stand, what was asked for with it failed.
 */
export class ProjectionFailedError extends ErmineError {
  declare readonly code: 'PROJECTION_FAILED';
  declare readonly projection: string;
  declare readonly event: FailedEvent;

  constructor(projection: string, event: FailedEvent, reason: string, options?: ErrorOptions) {
    const { globalPosition, type, streamId } = event;
    const message =
      globalPosition === Infinity
        ? `Projection "${projection}" failed at the pending event ${type} of ${streamId}: ${reason} Mend the handler and change the version before it is confirmed.`
        : `Projection "${projection}" failed at the event ${type} at position ${globalPosition}: ${reason} ` +
          'It stands before this event. Mend the handler and change the version, or call retry(), or skip().';
    super('PROJECTION_FAILED', message, { projection, event }, options);
  }
}

/** The event that a projection failed at. */
export interface FailedEvent {
  readonly globalPosition: number;
  readonly id: string;
  readonly type: string;
  readonly streamId: string;
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
  SQL_FAILED: SqlFailedError;
  COPY_REFUSED: CopyRefusedError;
  SYNC_REFUSED: SyncRefusedError;
  SYNC_STOPPED: SyncStoppedError;
  UNREADABLE_EVENT: UnreadableEventError;
  INVALID_REGISTRY: InvalidRegistryError;
  INVALID_PROJECTION: InvalidProjectionError;
  PROJECTION_FAILED: ProjectionFailedError;
}

/** The code of an {@link ErmineError}. */
export type ErrorCode = keyof ErrorByCode;

/**
 * Whether a caught value is an Ermine error, and, with `code`, which one; narrows the type.
 * It looks at the code (without `code`, at whether the name is that of the code), so it holds across workers and realms and
 * with two copies of the package.
 *
 * @example if (isErmineError(error, 'CONCURRENCY_CONFLICT')) console.log(error.actualVersion);
 */
export function isErmineError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is ErrorByCode[Code] {
  const { code: actual, name } = Object(error) as { code?: unknown; name?: unknown };
  return code === undefined ? typeof actual === 'string' && name === nameOf(actual) : actual === code;
}

/** The name of an error is that of its code: STORAGE_FULL is StorageFullError. Classes lose theirs when they are minified. */
function nameOf(code: string): string {
  if (code === 'CONCURRENCY_CONFLICT') return 'ConcurrencyError';
  return `${code.toLowerCase().replace(/(^|_)./g, (start) => start.at(-1)!.toUpperCase())}Error`;
}

function print(value: unknown): string {
  return typeof value === 'object' ? 'An object' : String(value).slice(0, 80);
}
