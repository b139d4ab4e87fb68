// A function from Request to Response, served by Node's http.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';

/**
 * @param {(request: Request) => Promise<Response>} handler
 * @returns {import('node:http').Server} not listening yet
 */
export function serveRequests(handler) {
  return createServer(async (incoming, outgoing) => {
    const controller = new AbortController();
    outgoing.on('close', () => controller.abort());
    const request = toRequest(incoming, controller.signal);
    if (!request) {
      outgoing.writeHead(400).end();
      return;
    }
    try {
      const response = await handler(request);
      outgoing.writeHead(response.status, Object.fromEntries(response.headers));
      if (response.body) await send(response.body, outgoing);
      else outgoing.end();
    } catch (error) {
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end();
      if (!controller.signal.aborted) console.error(error);
    }
  });
}

/** Undefined for a method or a host that no request can have. @param {import('node:http').IncomingMessage} incoming @param {AbortSignal} signal */
function toRequest(incoming, signal) {
  const { method = 'GET', url = '/', headers } = incoming;
  const init = /** @type {RequestInit} */ ({ method, headers: /** @type {Record<string, string>} */ (headers), signal });
  if (method !== 'GET' && method !== 'HEAD') Object.assign(init, { body: Readable.toWeb(incoming), duplex: 'half' });
  try {
    return new Request(`http://${headers.host ?? 'localhost'}${url}`, init);
  } catch {
    return undefined;
  }
}

/** Waits for whoever reads slowly, and stops reading when nobody reads any more. @param {ReadableStream<Uint8Array>} body @param {import('node:http').ServerResponse} outgoing */
async function send(body, outgoing) {
  const reader = body.getReader();
  // Gone before there was an answer: then `close` is over, and nobody would end the stream.
  if (outgoing.destroyed) {
    await reader.cancel();
    return;
  }
  outgoing.on('close', () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (!outgoing.write(value)) await new Promise((resolve) => outgoing.once('drain', resolve).once('close', resolve));
  }
  outgoing.end();
}
