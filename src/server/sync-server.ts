import type { Limits } from '../event/limits.ts';
import { MalformedMessage, readShape } from '../sync/protocol-schema.ts';
import { PROTOCOL_VERSION, schemas, type Route } from '../sync/protocol.ts';
import { clientKey, parseRecord } from './client-record.ts';
import type { Principal } from './principal.ts';
import { pull } from './pull.ts';
import { push } from './push.ts';
import { RequestFailure } from './request-failure.ts';
import type { NoteFacts } from './sync-telemetry.ts';
import type { TenantLog, TenantLogs } from './tenant-logs.ts';

/** A client takes no more batches than this in one answer. */
const MAX_PULL_EVENTS = 10_000;

/** Bounds of what a sync handler takes and gives. */
export interface ServerLimits extends Limits {
  /** Bytes of a request's body; default 8 MiB. No more is read. */
  readonly maxRequestBytes: number;
  /** Events in the answer to a pull, about; default 1,000, and never more than 10,000. */
  readonly maxPullEvents: number;
  /** Live streams at the same time; default 10,000. */
  readonly maxLiveStreams: number;
}

/** What every request says of its client. */
interface ClientFields {
  readonly protocol: number;
  readonly clientId: string;
  readonly epoch?: string;
}

/** Answers the messages of the protocol, whatever carries them. */
export class SyncServer {
  readonly #logs: TenantLogs;
  readonly #limits: ServerLimits;

  constructor(logs: TenantLogs, limits: ServerLimits) {
    this.#logs = logs;
    this.#limits = limits;
  }

  /** @returns the answer's JSON text @throws {RequestFailure} when there is none; then nothing was changed */
  async answer(route: Exclude<Route, 'live'>, body: string, principal: Principal, note: NoteFacts = () => undefined): Promise<string> {
    const message = parseBody(body);
    switch (route) {
      case 'hello': {
        const { tenant } = await this.#client(readBody(schemas.helloRequest, message), principal);
        const { maxRequestBytes } = this.#limits;
        const { readable } = principal;
        const { log } = tenant;
        // Of a commit's text, which is more than its events are: whether these are too large is found when it comes.
        const most = Math.floor(maxRequestBytes * 0.75);
        const limits = { maxCommitBytes: most, maxPushBytes: most };
        return JSON.stringify({ epoch: log.epoch, head: await log.head(), ...(readable && { readable }), ...limits });
      }
      case 'push': {
        const { tenant, request } = await this.#client(readBody(schemas.pushRequest, message), principal);
        note({ commits: request.commits.length });
        const results = await push(tenant, principal, request, this.#limits);
        return JSON.stringify({ epoch: tenant.log.epoch, results });
      }
      case 'pull': {
        const { tenant, request } = await this.#client(readBody(schemas.pullRequest, message), principal);
        const { text, events } = await pull(tenant, principal, request, Math.min(this.#limits.maxPullEvents, MAX_PULL_EVENTS));
        note({ events });
        return text;
      }
    }
  }

  /** The log that a live request is about. @throws {RequestFailure} */
  async live(body: string, principal: Principal): Promise<TenantLog> {
    return (await this.#client(readBody(schemas.liveRequest, parseBody(body)), principal)).tenant;
  }

  async #client<R extends ClientFields>(request: R, principal: Principal): Promise<{ tenant: TenantLog; request: R }> {
    if (request.protocol !== PROTOCOL_VERSION) {
      throw new RequestFailure('PROTOCOL', `This server speaks version ${PROTOCOL_VERSION} of the protocol, the client ${request.protocol}.`);
    }
    checkReadable(principal);
    const tenant = await this.#logs.of(principal.tenant);
    if (request.epoch !== undefined && request.epoch !== tenant.log.epoch) {
      throw new RequestFailure('EPOCH_CHANGED', 'The log of this server is another one than the client has.');
    }
    const key = clientKey(checkClientId(request.clientId));
    const [text] = await tenant.documents.get([key]);
    const record = parseRecord(text, principal);
    // Who comes first with an id, keeps it. When another request is faster, the next look tells who.
    if (text === undefined && !(await tenant.documents.write({ expect: [{ ...key, data: undefined }], puts: [{ ...key, data: JSON.stringify(record) }] }))) {
      return this.#client(request, principal);
    }
    return { tenant, request };
  }
}

function checkClientId(clientId: string): string {
  if (!/^[\w-]{8,64}$/.test(clientId)) throw new RequestFailure('MALFORMED', 'A client id has 8 to 64 letters, digits, "_" or "-".');
  return clientId;
}

/** It is part of what clients are told, and what makes no sense to them looks like a wrong address there. */
function checkReadable({ readable }: Principal): void {
  if (readable !== undefined) readShape(schemas.helloAnswer.object['readable?'], readable, 'The answer of `authorize`: readable');
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new RequestFailure('MALFORMED', 'The body is not JSON.');
  }
}

const readBody: typeof readShape = (schema, value) => {
  try {
    return readShape(schema, value, 'body');
  } catch (error) {
    if (error instanceof MalformedMessage) throw new RequestFailure('MALFORMED', error.message);
    throw error;
  }
};
