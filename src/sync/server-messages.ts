import { SyncStoppedError, isErmineError } from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { readPulledBatch } from './protocol-batch.ts';
import { MalformedMessage, readShape } from './protocol-schema.ts';
import { PROTOCOL_VERSION, schemas, type Messages, type PullAnswer, type Route } from './protocol.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';

/** There was no answer, or one that only says "later". */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What the server said instead of an answer. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const LATER: ReadonlySet<string> = new Set(['BUSY', 'FAILED', 'CLOSING']);

/** What every request begins with, as the beginning of an object. */
export function requestHead(clientId: string, { epoch }: { readonly epoch?: string }): string {
  return JSON.stringify({ protocol: PROTOCOL_VERSION, clientId, epoch }).slice(0, -1);
}

/**
 * Sends a message and reads the answer.
 *
 * @throws {NoAnswer} {ServerFailure}
 * @throws {SyncStoppedError} when the answer is not one of this protocol
 */
export async function ask<Name extends keyof Messages>(
  transport: Transport,
  route: Exclude<Route, 'live'>,
  body: string,
  answer: Name,
  signal: AbortSignal,
): Promise<Messages[Name]> {
  let response: { readonly status: number; readonly body: string };
  try {
    response = await untilAborted(signal, () => transport.send(route, body, signal));
  } catch (cause) {
    throw new NoAnswer(`The server cannot be reached (${String(cause)}).`, { cause });
  }
  checkStatus(response);
  return readAnswer(answer, response.body);
}

/** @throws {NoAnswer} {ServerFailure} unless the status is that of an answer */
export function checkStatus({ status, body }: { readonly status: number; readonly body: string }): void {
  if (status === 200) return;
  let failure: Messages['failure']['error'];
  try {
    failure = readShape(schemas.failure, JSON.parse(body)).error;
  } catch {
    // A proxy, or a page that is no sync server.
    if (status >= 500 || status === 408 || status === 429) throw new NoAnswer(`The server answered with status ${status}.`);
    if (status === 413) throw new ServerFailure('TOO_LARGE', 'Something before the server takes no request of this size. It must let through what the server takes.');
    throw malformed(`status ${status}`);
  }
  if (LATER.has(failure.code)) throw new NoAnswer(failure.message);
  throw new ServerFailure(failure.code, failure.message);
}

export function readAnswer<Name extends keyof Messages>(name: Name, text: string): Messages[Name] {
  try {
    return readShape(schemas[name], JSON.parse(text), 'answer') as Messages[Name];
  } catch (cause) {
    // A body that was cut on its way is not JSON: the network's doing, not the server's. One that begins otherwise is a page.
    if (cause instanceof SyntaxError && /^\s*(\{|$)/.test(text)) throw new NoAnswer('The answer was cut.', { cause });
    throw malformed(String((cause as Error).message), cause);
  }
}

/** The batches of a pull, in order and within what it says it covers. @throws {SyncStoppedError} */
export function readPulledBatches(answer: PullAnswer, after: number): EventBatch[] {
  let last = after;
  const { coveredTo, head } = answer;
  if (coveredTo < after || head < coveredTo) throw malformed('a pull that goes backwards');
  return answer.batches.map((wire, i) => {
    try {
      const batch = readPulledBatch(wire, `batches[${i}]`);
      const end = batch.position + batch.count - 1;
      if (batch.position <= last || end > coveredTo) throw new MalformedMessage(`batches[${i}] is out of order`);
      last = end;
      return batch;
    } catch (cause) {
      if (cause instanceof MalformedMessage || isErmineError(cause)) throw malformed(cause.message, cause);
      throw cause;
    }
  });
}

function malformed(what: string, cause?: unknown): SyncStoppedError {
  return new SyncStoppedError('MALFORMED_ANSWER', `The server's answer makes no sense (${what}). Nothing of it was taken. Is the address right?`, { cause });
}
