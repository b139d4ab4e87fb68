import { MAX_TIMER_MS } from '../tabs/max-timer.ts';
import { unref } from '../tabs/unref.ts';
import type { Route } from './protocol.ts';
import { untilAborted } from './until-aborted.ts';

/** Carries messages to the server and back. Anything may be lost, late, doubled or cut. */
export interface Transport {
  /** @throws when there is no answer */
  send(route: Exclude<Route, 'live'>, body: string, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }>;
  /** Calls back for every line until the stream ends, which resolves with its status (200 for one that was open). */
  live(body: string, onLine: (line: string) => void, signal: AbortSignal): Promise<{ readonly status: number; readonly body: string }>;
}

/** Where the server is, and how it is asked. */
export interface HttpTransportOptions {
  /** Where the handler of `ermine/server` is mounted, such as `https://app.example/sync`. */
  readonly url: string | URL;
  /** The token, or what gives a fresh one; asked for every request. */
  readonly token?: string | (() => string | Promise<string>);
  /** Default `globalThis.fetch`. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * In milliseconds; default 30,000. A request that gets no further for so long is given up, and so is a token that does
   * not come. For what is sent, of which nobody hears how far it is, there is more: a second for each 8 KB.
   */
  readonly timeoutMs?: number;
}

/** What a slow network carries, in bytes. Nothing could be sent over one that is slower than what is waited for. */
const BYTES_PER_MS = 8;

/** Messages over `fetch`. */
export function httpTransport({ url, token, fetch = globalThis.fetch.bind(globalThis), timeoutMs = 30_000 }: HttpTransportOptions): Transport {
  const base = String(url).replace(/\/+$/, '');
  const post = async (route: Route, body: string, signal: AbortSignal, tokenSignal = signal): Promise<Response> => {
    const bearer = typeof token === 'function' ? await untilAborted(tokenSignal, token) : token;
    const headers = { 'content-type': 'application/json', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    return fetch(`${base}/${route}`, { method: 'POST', body, headers, signal, cache: 'no-store', credentials: 'omit' });
  };
  return {
    async send(route, body, signal) {
      const limit = createLimit(signal);
      try {
        limit.wait(timeoutMs + body.length / BYTES_PER_MS);
        const response = await post(route, body, limit.signal);
        const { status } = response;
        limit.wait(timeoutMs);
        // Not everywhere is a body a stream.
        if (!response.body) return { status, body: await response.text() };
        const reader = readerOf(response.body);
        let text = '';
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return { status, body: text };
          text += value;
          limit.wait(timeoutMs);
        }
      } finally {
        limit.end();
      }
    },
    async live(body, onLine, signal) {
      const limit = createLimit(signal);
      limit.wait(timeoutMs);
      const response = await post('live', body, signal, limit.signal).finally(limit.end);
      if (!response.ok || !response.body) return { status: response.status, body: await response.text() };
      const reader = readerOf(response.body);
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return { status: 200, body: '' };
        const lines = (rest + value).split('\n');
        rest = lines.pop()!;
        for (const line of lines) onLine(line);
      }
    },
  };
}

/**
 * A signal that is aborted with another one, or when what was waited for last takes too long. Its timer holds it: what
 * `AbortSignal.any` makes of a timeout is collected in Node 20 before that comes.
 */
function createLimit(outer: AbortSignal): { readonly signal: AbortSignal; wait(ms: number): void; end(): void } {
  const limit = new AbortController();
  const stop = (): void => limit.abort(outer.reason);
  if (outer.aborted) stop();
  outer.addEventListener('abort', stop);
  let timer: unknown;
  return {
    signal: limit.signal,
    wait(ms) {
      clearTimeout(timer as never);
      timer = setTimeout(() => limit.abort(new DOMException('The server is silent.', 'TimeoutError')), Math.min(ms, MAX_TIMER_MS));
      unref(timer);
    },
    end() {
      clearTimeout(timer as never);
      outer.removeEventListener('abort', stop);
    },
  };
}

function readerOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): ReadableStreamDefaultReader<string> {
  return body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>).getReader();
}
