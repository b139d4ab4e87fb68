import { describe, expect, it } from 'vitest';
import { httpTransport } from './transport.ts';

const never = new AbortController().signal;
const TIMEOUT_MS = 200;

/** Answers with so many parts, each after a while. */
function slowly(parts: number, partMs: number): typeof globalThis.fetch {
  return (_, init) => {
    const { signal } = init!;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => signal!.addEventListener('abort', () => controller.error(signal!.reason)),
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, partMs));
        if (signal!.aborted) return;
        if (parts-- > 0) controller.enqueue(new TextEncoder().encode('ü'));
        else controller.close();
      },
    });
    return Promise.resolve(new Response(body));
  };
}

describe('messages over HTTP', () => {
  it('are waited for as long as they get on, also over a slow network', async () => {
    const transport = httpTransport({ url: 'https://sync.test', fetch: slowly(10, TIMEOUT_MS / 5), timeoutMs: TIMEOUT_MS });
    expect(await transport.send('pull', '{}', never)).toEqual({ status: 200, body: 'üüüüüüüüüü' });
  });

  it('are given up when they get no further', async () => {
    const transport = httpTransport({ url: 'https://sync.test', fetch: slowly(10, 50 * TIMEOUT_MS), timeoutMs: TIMEOUT_MS });
    await expect(transport.send('pull', '{}', never)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('have more time to be sent the longer they are', async () => {
    const waiting: typeof globalThis.fetch = (_, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason as Error));
        setTimeout(() => resolve(new Response('{}')), 4 * TIMEOUT_MS);
      });
    const transport = httpTransport({ url: 'https://sync.test', fetch: waiting, timeoutMs: TIMEOUT_MS });
    expect(await transport.send('push', 'x'.repeat(8 * 5 * TIMEOUT_MS), never)).toEqual({ status: 200, body: '{}' });
    await expect(transport.send('push', '{}', never)).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
