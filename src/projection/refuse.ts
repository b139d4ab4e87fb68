import { InvalidProjectionError, VersionTooNewError } from '../event/errors.ts';

/** Arrays and objects inside each other in a state or a document. */
export const MAX_JSON_DEPTH = 64;

const MAX_KEY_UNITS = 500;

/** @throws {InvalidProjectionError} when a handler gave a promise */
export function refusePromise<T>(projection: string, result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    // What becomes of it must not go unheard as well.
    void Promise.resolve(result).catch(() => undefined);
    throw new InvalidProjectionError(projection, 'a handler returned a promise. What it awaits would come too late for the transaction, and might differ the next time: put what it needs into the event');
  }
  return result;
}

/** Newer code serves or builds the projection. */
export function tooNew(projection: string): VersionTooNewError {
  return new VersionTooNewError(projection, undefined, 'projection');
}

/** For what a handler writes after it has returned: whether it came in time for the transaction would be luck. */
export function wroteLate(projection: string): InvalidProjectionError {
  return new InvalidProjectionError(projection, 'a handler wrote after it had returned. Write before anything is awaited: put what it needs into the event');
}

/** @throws {InvalidProjectionError} when it cannot be the key of a document */
export function checkKey(projection: string, key: unknown): string {
  if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_UNITS || key.includes('\0')) {
    throw new InvalidProjectionError(projection, `a key is a text of 1 to ${MAX_KEY_UNITS} UTF-16 units without NUL`);
  }
  return key;
}
