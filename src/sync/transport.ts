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
  /** A request, or a token, that takes longer is given up, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
}

/** Messages over `fetch`. */
export function httpTransport({ url, token, fetch = globalThis.fetch.bind(globalThis), timeoutMs = 30_000 }: HttpTransportOptions): Transport {
  const base = String(url).replace(/\/+$/, '');
  const inTime = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const post = async (route: Route, body: string, signal: AbortSignal, tokenSignal = signal): Promise<Response> => {
    const bearer = typeof token === 'function' ? await untilAborted(tokenSignal, token) : token;
    const headers = { 'content-type': 'application/json', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    return fetch(`${base}/${route}`, { method: 'POST', body, headers, signal, cache: 'no-store', credentials: 'omit' });
  };
  return {
    async send(route, body, signal) {
      const response = await post(route, body, inTime(signal));
      return { status: response.status, body: await response.text() };
    },
    async live(body, onLine, signal) {
      const response = await post('live', body, signal, inTime(signal));
      if (!response.ok || !response.body) return { status: response.status, body: await response.text() };
      const reader = response.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>).getReader();
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
