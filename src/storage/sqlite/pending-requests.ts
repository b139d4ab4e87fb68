import { StorageBlockedError, type ErmineError } from '../../event/errors.ts';
import { fromPlainError } from './plain-error.ts';
import { PROTOCOL, type Reply, type Request } from './protocol.ts';
import { READS, toRetry } from './retry.ts';

interface Pending {
  readonly request: Pick<Request, 'operation' | 'values'>;
  /** Whether it went to an owner, who may have done it and gone before answering. */
  sent: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
  readonly settled: Promise<unknown>;
  resolve(value: never): void;
  reject(error: unknown): void;
}

type Send = (request: Request) => void;

/** Requests that wait for an answer; they outlive whoever was to give it. */
export class PendingRequests {
  readonly #requests = new Map<number, Pending>();
  readonly #blockedAfterMs: number;
  #lastId = 0;

  constructor(blockedAfterMs: number) {
    this.#blockedAfterMs = blockedAfterMs;
  }

  /** @throws {StorageBlockedError} when no answer comes in time */
  add(request: Pending['request'], send: Send | undefined): Promise<never> {
    const id = ++this.#lastId;
    const { promise, resolve, reject } = withResolvers();
    const pending: Pending = { request, sent: false, timer: undefined, settled: promise.catch(() => undefined), resolve, reject };
    this.#requests.set(id, pending);
    this.#start(id, pending);
    if (send) this.#send(id, pending, send);
    return promise;
  }

  /** All of them, to whoever has the database now: what was sent before goes as a retry. */
  sendAgain(send: Send): void {
    for (const [id, pending] of this.#requests) this.#send(id, pending, send);
  }

  settle(reply: Extract<Reply, { id: number }>): void {
    const pending = this.#take(reply.id);
    if (reply.is === 'answer') pending?.resolve(reply.value as never);
    else pending?.reject(fromPlainError(reply.error));
  }

  rejectAll(error: ErmineError): void {
    for (const id of [...this.#requests.keys()]) this.#take(id)?.reject(error);
  }

  /** The time of a page that sleeps does not count. */
  pause(): void {
    for (const { timer } of this.#requests.values()) clearTimeout(timer);
  }

  resume(): void {
    for (const [id, pending] of this.#requests) this.#start(id, pending);
  }

  async allSettled(): Promise<void> {
    await Promise.all([...this.#requests.values()].map(({ settled }) => settled));
  }

  #send(id: number, pending: Pending, send: Send): void {
    const { operation, values } = pending.request;
    send({ protocol: PROTOCOL, is: 'request', id, operation, values: pending.sent ? toRetry(operation, values) : values });
    pending.sent = true;
  }

  #start(id: number, pending: Pending): void {
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => {
      const unknown = pending.sent && !READS.has(pending.request.operation);
      this.#take(id)?.reject(new StorageBlockedError('The tab that has the database does not answer, or is still loading SQLite.', unknown ? 'unknown' : 'no'));
    }, this.#blockedAfterMs);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#requests.get(id);
    clearTimeout(pending?.timer);
    this.#requests.delete(id);
    return pending;
  }
}

function withResolvers(): { promise: Promise<never>; resolve: (value: never) => void; reject: (error: unknown) => void } {
  let resolve!: (value: never) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<never>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
