import { failures, type FailureCode } from '../sync/protocol.ts';

/** Why a request is not answered; it has changed nothing. */
export class RequestFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }

  get status(): number {
    return failures[this.code];
  }
}

/** The body of an answer that says why there is none. */
export function failureBody(code: FailureCode, message: string): string {
  return JSON.stringify({ error: { code, message } });
}
