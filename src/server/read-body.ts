import { RequestFailure } from './request-failure.ts';

/**
 * The body as text, read no further than the limit, and only until the server closes: a client may take for ever.
 *
 * @throws {RequestFailure}
 */
export async function readBodyText(request: Request, maxBytes: number, closing: AbortSignal): Promise<string> {
  const tooLarge = (): RequestFailure => new RequestFailure('TOO_LARGE', `The body has more than ${maxBytes} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  // Firefox gives the body of a request only whole.
  if (!request.body) {
    const text = await request.text().catch(brokenOff);
    if (new TextEncoder().encode(text).length > maxBytes) throw tooLarge();
    return text;
  }
  const decoder = new TextDecoder();
  const reader = request.body.getReader();
  // Ends the read that waits.
  const stop = (): void => void reader.cancel().catch(() => undefined);
  closing.addEventListener('abort', stop);
  try {
    let bytes = 0;
    let text = '';
    for (;;) {
      const { done, value } = await reader.read().catch(brokenOff);
      if (closing.aborted) throw new RequestFailure('CLOSING', 'The server is shutting down. Try again.');
      if (done) return text + decoder.decode();
      bytes += value.length;
      if (bytes > maxBytes) {
        await reader.cancel();
        throw tooLarge();
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    closing.removeEventListener('abort', stop);
  }
}

/** The client has gone, or its network: nothing is wrong with the server. */
function brokenOff(): never {
  throw new RequestFailure('MALFORMED', 'The body broke off.');
}
