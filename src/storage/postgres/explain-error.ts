import { StorageBlockedError, StorageFullError, StorageUnavailableError, isErmineError, type ErmineError } from '../../event/errors.ts';

/** What became of a statement that failed. */
export type Failure =
  /** The connection failed, or the server was going down: it may have been executed or not. It can be tried again. */
  | { readonly kind: 'lost'; readonly cause: unknown }
  /** Nothing was written, and it can be tried again at once: another transaction got in between. */
  | { readonly kind: 'conflict'; readonly error: ErmineError }
  /** Nothing was written: tables or functions are not there (any more). */
  | { readonly kind: 'missing'; readonly cause: unknown }
  /** Nothing was written, and trying again is up to the caller. */
  | { readonly kind: 'refused'; readonly error: ErmineError };

/** `E…` are error codes of Node, such as `EPIPE`; no class of SQLSTATE begins so. */
const SQLSTATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/;

/**
 * Reads what a client library rejected with, by the SQLSTATE that the server gave
 * (https://www.postgresql.org/docs/current/errcodes-appendix.html). Without one the server did not answer.
 */
export function explainError(cause: unknown): Failure {
  if (isErmineError(cause)) return { kind: 'refused', error: cause };
  const { code, message } = Object(cause) as { code?: unknown; message?: unknown };
  const state = typeof code === 'string' && SQLSTATE.test(code) ? code : undefined;
  // Connection exceptions, too many connections, and a server that shuts down, has crashed or starts up.
  if (state === undefined || state.startsWith('08') || state === '53300' || state.startsWith('57P')) return { kind: 'lost', cause };
  // Serialization failure, deadlock: a database whose default is a stricter isolation lets one of two writers fail.
  if (state === '40001' || state === '40P01') return { kind: 'conflict', error: new StorageBlockedError('Other transactions got in between each time.', 'no', [], { cause }) };
  if (state === '53100') return { kind: 'refused', error: new StorageFullError({ cause }) };
  if (state === '55P03') return { kind: 'refused', error: new StorageBlockedError('Another transaction holds the log.', 'no', [], { cause }) };
  if (state === '57014') return { kind: 'refused', error: new StorageBlockedError('The server cancelled the statement (statement_timeout, or an administrator).', 'no', [], { cause }) };
  // Undefined table, function, schema.
  if (state === '42P01' || state === '42883' || state === '3F000') return { kind: 'missing', cause };
  return { kind: 'refused', error: new StorageUnavailableError(`PostgreSQL refused (${state}): ${String(message)}`, { cause }) };
}

/** Whether a statement was refused for what it was to write: a value out of range, or too long for an index. */
export function isOfData(cause: unknown): boolean {
  const { code } = Object(cause) as { code?: unknown };
  return typeof code === 'string' && SQLSTATE.test(code) && /^(22|54)/.test(code);
}
