import { isErmineError } from '../event/errors.ts';
import { defaultLimits } from '../event/limits.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { Storage } from '../storage/storage.ts';
import type { Route } from '../sync/protocol.ts';
import { liveStream } from './live-stream.ts';
import type { Principal } from './principal.ts';
import { readBodyText } from './read-body.ts';
import { RequestFailure, failureBody } from './request-failure.ts';
import { SyncServer, type ServerLimits } from './sync-server.ts';
import type { NoteFacts, SyncTelemetry } from './sync-telemetry.ts';
import { TenantLogs } from './tenant-logs.ts';

/** What a sync handler serves, and to whom. */
export interface SyncHandlerOptions {
  /** The log of a tenant. It is asked once for each tenant and the log stays open until `close()`. */
  readonly storage: (tenant: string) => Storage;
  /**
   * Who sends the request, by its token (`Authorization: Bearer …`), or undefined for nobody that is known. Called for
   * every request, before its body is read.
   */
  readonly authorize: (token: string | undefined, request: Request) => Principal | undefined | Promise<Principal | undefined>;
  /** Those that are left out keep the defaults of {@link ServerLimits}. */
  readonly limits?: Partial<ServerLimits>;
  /** Origins whose pages may call besides the handler's own, such as `https://app.example`; default none. */
  readonly allowedOrigins?: readonly string[];
  /** How often a live stream sends a sign of life, in milliseconds; default 15,000. After 45,000 without one, clients take it for dead. */
  readonly heartbeatMs?: number;
  /** How often a log is looked at for what other processes wrote, while somebody listens, in milliseconds; default 1,000. */
  readonly pollIntervalMs?: number;
  /** Told of failures that are the server's own, which the client only learns of as `FAILED`. */
  readonly onError?: (error: unknown, request: Request) => void;
  /** Sees every `POST` to one of the four routes, such as `syncTelemetry()` of `ermine/opentelemetry`. */
  readonly telemetry?: SyncTelemetry;
}

/** Counts since the handler was made. */
export interface SyncMetrics {
  readonly requests: number;
  /** Requests that were not answered, by code. */
  readonly failures: Readonly<Record<string, number>>;
  readonly liveStreams: number;
}

/** Answers the requests of sync clients; mount it where its `POST` routes end in `/hello`, `/push`, `/pull` and `/live`. */
export interface SyncHandler {
  (request: Request): Promise<Response>;
  metrics(): SyncMetrics;
  /** Answers what has come in, ends the live streams, refuses the rest, and closes the logs. */
  close(): Promise<void>;
}

const ROUTES: ReadonlySet<string> = new Set<Route>(['hello', 'push', 'pull', 'live']);
const serverDefaults: ServerLimits = { ...defaultLimits, maxRequestBytes: 8 * 1024 * 1024, maxPullEvents: 1_000, maxLiveStreams: 10_000 };

/**
 * The server side of sync over any storage: a function from `Request` to `Response` that needs no particular server.
 *
 * @throws {InvalidVersionError} when a limit or an interval is no whole number from 1, or `maxLiveStreams` none from 0
 * @throws {TypeError} when one of `allowedOrigins` can never be what a browser sends
 * @example
 * const handler = createSyncHandler({
 *   storage: () => storage,
 *   authorize: (token) => (token === secret ? { tenant: 'shop', user: 'ada' } : undefined),
 * });
 */
export function createSyncHandler(options: SyncHandlerOptions): SyncHandler {
  const { authorize, allowedOrigins = [], heartbeatMs = 15_000, pollIntervalMs = 1_000, onError, telemetry } = options;
  // Their pages would only learn that the server cannot be reached: a browser hides an answer that is not for them.
  const wrong = allowedOrigins.find((origin) => origin !== 'null' && !/^[a-z][a-z\d+.-]*:\/\/[^/]+$/.test(origin));
  if (wrong !== undefined) throw new TypeError(`allowedOrigins: ${wrong} is no origin. One looks like https://app.example, without a slash at its end.`);
  const limits = { ...serverDefaults, ...options.limits };
  // What is no number would limit nothing, and pages of no events would be asked for without an end.
  for (const [name, value] of Object.entries({ ...limits, heartbeatMs, pollIntervalMs })) checkWholeNumber(value, name, name === 'maxLiveStreams' ? 0 : 1);
  const logs = new TenantLogs(options.storage, pollIntervalMs);
  const server = new SyncServer(logs, limits);
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const failures: Record<string, number> = {};
  let requests = 0;
  const openStreams = new Set<() => void>();
  let liveStreams = 0;
  const countLive = (change: 1 | -1): void => {
    liveStreams += change;
    telemetry?.liveStreams(change);
  };

  const answer = async (request: Request, route: string, note: NoteFacts): Promise<Response> => {
    if (route === 'health' && request.method === 'GET') return json(200, JSON.stringify({ status: closing.signal.aborted ? 'closing' : 'ok' }));
    if (!ROUTES.has(route)) throw new RequestFailure('NOT_FOUND', 'There is no such route.');
    if (request.method !== 'POST') throw new RequestFailure('METHOD', 'The routes of sync take POST.');
    if (closing.signal.aborted) throw new RequestFailure('CLOSING', 'The server is shutting down. Try again.');
    const principal = await authorize(tokenOf(request), request);
    if (!principal) throw new RequestFailure('UNAUTHORIZED', 'The token is missing, wrong or expired.');
    note({ tenant: principal.tenant });
    const body = await readBodyText(request, limits.maxRequestBytes, closing.signal);
    if (route !== 'live') return json(200, await server.answer(route as Exclude<Route, 'live'>, body, principal, note));
    const { log, watch } = await server.live(body, principal);
    const head = await log.head();
    // From here on nothing is awaited: a stream that begins after the end would never end.
    if (closing.signal.aborted) throw new RequestFailure('CLOSING', 'The server is shutting down. Try again.');
    if (liveStreams >= limits.maxLiveStreams) throw new RequestFailure('BUSY', 'There are too many live streams.');
    countLive(1);
    const endsAfterMs = principal.expiresAt === undefined ? undefined : principal.expiresAt - Date.now();
    const stream = liveStream({ watch, head, heartbeatMs, endsAfterMs, open: openStreams, onEnd: () => countLive(-1) });
    return new Response(stream, { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } });
  };

  const handle = async (request: Request): Promise<Response> => {
    requests++;
    const origin = request.headers.get('origin');
    const allowed = origin === null || origin === new URL(request.url).origin || allowedOrigins.includes(origin);
    const route = new URL(request.url).pathname.split('/').at(-1)!;
    const respond = async (note: NoteFacts): Promise<Response> => {
      try {
        if (!allowed) throw new RequestFailure('FOREIGN_ORIGIN', 'Pages of this origin may not call.');
        return request.method === 'OPTIONS' ? preflight() : await answer(request, route, note);
      } catch (error) {
        const failure = toFailure(error);
        if (failure.code === 'FAILED') onError?.(error, request);
        failures[failure.code] = (failures[failure.code] ?? 0) + 1;
        note({ code: failure.code });
        return json(failure.status, failureBody(failure.code, failure.message));
      }
    };
    const watched = telemetry && request.method === 'POST' && ROUTES.has(route);
    const response = await (watched ? telemetry.request(route as Route, respond) : respond(() => undefined));
    if (origin !== null && allowed) {
      response.headers.set('access-control-allow-origin', origin);
      response.headers.set('vary', 'origin');
    }
    return response;
  };

  return Object.assign(
    (request: Request): Promise<Response> => {
      const response = handle(request);
      underWay.add(response);
      return response.finally(() => underWay.delete(response));
    },
    {
      metrics: (): SyncMetrics => ({ requests, failures: { ...failures }, liveStreams }),
      async close(): Promise<void> {
        closing.abort();
        for (const end of [...openStreams]) end();
        await Promise.allSettled(underWay);
        await logs.close();
      },
    },
  );
}

/** What is wrong in the server is not told to the client, whose message is the same for all tenants. */
function toFailure(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  if (isErmineError(error, 'STORAGE_BLOCKED')) return new RequestFailure('BUSY', 'The storage is busy. Try again.');
  return new RequestFailure('FAILED', 'The server could not answer. Try again.');
}

function tokenOf(request: Request): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
}

function json(status: number, body: string): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
}

function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': 'authorization, content-type', 'access-control-max-age': '600' },
  });
}
