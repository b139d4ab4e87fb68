import { ErmineError, type ErrorCode } from '../../event/errors.ts';

/** An error as it goes to another worker or tab: an `Error` would lose its fields on the way. */
export interface PlainError {
  readonly name: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly [field: string]: unknown;
}

export function toPlainError(error: ErmineError): PlainError {
  return { ...error, name: error.name, code: error.code, message: error.message };
}

class RevivedError extends ErmineError {
  constructor({ code, message, ...fields }: PlainError) {
    super(code, message, fields);
  }
}

/** The error again, with its code and its fields. */
export function fromPlainError(plain: PlainError): ErmineError {
  return new RevivedError(plain);
}
