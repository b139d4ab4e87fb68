import { once } from 'node:events';
import { request, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveRequests } from '../../bin/serve-requests.mjs';
import { encodeEvents } from '../event/encode.ts';
import { EpochChangedError, type ErmineError } from '../event/errors.ts';
import { defaultLimits } from '../event/limits.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { batchToText } from '../sync/protocol-batch.ts';
import { PROTOCOL_VERSION } from '../sync/protocol.ts';
import { nextTask } from '../testing/wait.ts';
import { createSyncHandler, type SyncHandler, type SyncHandlerOptions } from './sync-handler.ts';

const client = { protocol: PROTOCOL_VERSION, clientId: 'client-1-abc' };

interface Answer {
  readonly results: readonly { readonly status: string; readonly code?: string; readonly message?: string }[];
  readonly batches: readonly { readonly stream: string; readonly timestamp: number }[];
  readonly coveredTo: number;
  readonly head: number;
  readonly maxCommitBytes: number;
  readonly maxPushBytes: number;
}

interface Served {
  readonly handler: SyncHandler;
  send(route: string, body: unknown): Promise<Response>;
  post(route: string, body: unknown): Promise<Answer>;
}

function serve(storage: Storage, options: Partial<SyncHandlerOptions> = {}): Served {
  const handler = createSyncHandler({ storage: () => storage, authorize: () => ({ tenant: 'shop', user: 'ada' }), ...options });
  onTestFinished(() => handler.close());
  const send = (route: string, body: unknown): Promise<Response> => handler(new Request(`https://sync.test/${route}`, { method: 'POST', body: JSON.stringify(body) }));
  return { handler, send, post: async (route, body) => (await (await send(route, body)).json()) as Answer };
}

function writeOf(stream: string, data: unknown = 1): { stream: string; expected: number; batches: (object & { stream: string })[] } {
  const batches = encodeEvents(stream, [{ type: 'Noted', data }], 'events', { limits: defaultLimits, now: 1, metadata: undefined });
  return { stream, expected: 0, batches: batches.map((batch) => JSON.parse(batchToText(batch)) as { stream: string }) };
}

function pushOf(...writes: object[]): object {
  return { ...client, from: 1, lanes: false, commits: [{ seq: 1, hash: 'hash', writes }] };
}

describe('the sync handler, at its limits', () => {
  it('takes the text of the largest commit that may be, and tells its limits as whole numbers', async () => {
    const { post } = serve(memoryStorage(), { limits: { maxBatchBytes: 10_000, maxRequestBytes: 20_001 } });
    const largest = pushOf(writeOf('Note-1', 'x'.repeat(9_900)));
    const hello = await post('hello', client);
    expect([hello.maxCommitBytes, hello.maxPushBytes].every(Number.isInteger)).toBe(true);
    expect(hello.maxCommitBytes).toBeGreaterThan(JSON.stringify(largest).length);
    expect((await post('push', largest)).results).toMatchObject([{ status: 'accepted' }]);
  });

  it('sends large events in several answers', async () => {
    const storage = memoryStorage();
    const store = await openEventStore({ storage });
    for (let n = 0; n < 24; n++) await store.appendToStream('Note-1', n, [{ type: 'Noted', data: 'x'.repeat(200_000) }]);
    await store.close();
    const { send } = serve(storage);
    let after = 0;
    for (let pages = 1; after < 24; pages++) {
      const text = await (await send('pull', { ...client, after })).text();
      expect(text.length).toBeLessThan(1_500_000);
      after = (JSON.parse(text) as Answer).coveredTo;
      expect(after).toBeGreaterThanOrEqual(Math.min(24, pages * 5));
    }
  });

  it('refuses a commit that names a stream or an event twice', async () => {
    const { post } = serve(memoryStorage());
    const [one, other] = [writeOf('Note-1'), writeOf('Note-2')];
    const sameIds = { ...other, batches: one.batches.map((batch) => ({ ...batch, stream: 'Note-2' })) };
    for (const writes of [[one, writeOf('Note-1')], [one, sameIds]]) {
      expect((await post('push', pushOf(...writes))).results).toMatchObject([{ status: 'refused', code: 'MALFORMED' }]);
    }
    expect(await post('pull', { ...client, after: 0 })).toMatchObject({ head: 0 });
  });

  it('refuses a commit of no events, and one that checks a stream whose name cannot be', async () => {
    const { post } = serve(memoryStorage());
    const check = (stream: string): object => ({ stream, expected: 0, batches: [] });
    for (const writes of [[check('Note-1')], [writeOf('Note-1'), check('Note-\0')], [writeOf('Note-1'), check('')]]) {
      expect((await post('push', pushOf(...writes))).results, JSON.stringify(writes)).toMatchObject([{ status: 'refused' }]);
    }
    expect(await post('pull', { ...client, after: 0 })).toMatchObject({ head: 0, taken: [] });
  });

  it('is not made with limits that are none, and tells its operator of rights that no client can take', async () => {
    for (const wrong of [{ limits: { maxRequestBytes: Number.NaN } }, { limits: { maxPullEvents: 0 } }, { heartbeatMs: -1 }]) {
      expect(() => serve(memoryStorage(), wrong)).toThrow(expect.objectContaining({ code: 'INVALID_VERSION' }));
    }
    const errors: unknown[] = [];
    const readable = { categories: Array.from({ length: 1_001 }, (_, n) => `C${n}`) };
    const { send } = serve(memoryStorage(), { authorize: () => ({ tenant: 'shop', user: 'ada', readable }), onError: (error) => errors.push(error) });
    expect((await send('hello', client)).status).toBe(500);
    expect(String(errors)).toMatch(/`authorize`.*more than 1000/);
  });

  it('keeps times as whole milliseconds, and refuses what is none', async () => {
    const { post } = serve(memoryStorage());
    const at = (timestamp: number): object => {
      const write = writeOf('Note-1');
      return pushOf({ ...write, batches: write.batches.map((batch) => ({ ...batch, timestamp })) });
    };
    expect((await post('push', at(1e300))).results).toMatchObject([{ status: 'refused', code: 'MALFORMED' }]);
    expect((await post('push', at(1_700_000_000_000.75))).results).toMatchObject([{ status: 'accepted' }]);
    expect((await post('pull', { ...client, after: 0 })).batches).toMatchObject([{ timestamp: 1_700_000_000_000 }]);
  });

  it('closes although a body never ends, and says that it does', async () => {
    const { handler } = serve(memoryStorage());
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode('{"protocol":')) });
    const answer = handler(new Request('https://sync.test/hello', { method: 'POST', body, duplex: 'half' } as RequestInit));
    await nextTask();
    await handler.close();
    expect((await answer).status).toBe(503);
  });

  it('tells a body that breaks off from a failure of its own', async () => {
    const errors: unknown[] = [];
    const { handler } = serve(memoryStorage(), { onError: (error) => errors.push(error) });
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError('aborted')) });
    const answer = await handler(new Request('https://sync.test/push', { method: 'POST', body, duplex: 'half' } as RequestInit));
    expect([answer.status, handler.metrics().failures, errors]).toEqual([400, { MALFORMED: 1 }, []]);
  });

  it('answers over HTTP what no request can be', async () => {
    const { handler } = serve(memoryStorage());
    const server = serveRequests(handler).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const statusOf = (options: RequestOptions): Promise<number | undefined> =>
      new Promise((resolve, reject) => request({ port, path: '/hello', agent: false, ...options }, (answer) => resolve(answer.resume().statusCode)).on('error', reject).end());
    expect([await statusOf({ method: 'TRACE' }), await statusOf({ headers: { host: 'a b' } }), await statusOf({})]).toEqual([400, 400, 405]);
  });

  it('begins a live stream with what was pushed while it began', async () => {
    const inner = memoryStorage();
    let release: () => void = () => undefined;
    let held: Promise<void> | undefined;
    const open: Storage['open'] = async (onConnection) => {
      const log = await inner.open(onConnection);
      const head = log.head.bind(log);
      log.head = async () => {
        const found = await head();
        await held;
        return found;
      };
      return log;
    };
    const { send, post } = serve({ name: inner.name, open }, { pollIntervalMs: 1_000_000 });
    await post('hello', client);
    held = new Promise((resolve) => (release = resolve));
    const live = send('live', { ...client, after: 0 });
    await nextTask();
    await post('push', pushOf(writeOf('Note-1')));
    release();
    const reader = (await live).body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('{"head":1}\n');
    await reader.cancel();
  });

  it('ends the live streams of a log that is closed for good, and opens it anew for the next request', async () => {
    const inner = memoryStorage();
    const lost: ((error: ErmineError) => void)[] = [];
    const open: Storage['open'] = (onConnection) => {
      lost.push(onConnection);
      return inner.open(onConnection);
    };
    const { handler, send, post } = serve({ name: inner.name, open });
    const reader = (await send('live', { ...client, after: 0 })).body!.getReader();
    await reader.read();
    lost[0]!(new EpochChangedError('before', 'after'));
    expect((await reader.read()).done).toBe(true);
    expect(handler.metrics().liveStreams).toBe(0);
    expect((await post('push', pushOf(writeOf('Note-1')))).results).toMatchObject([{ status: 'accepted' }]);
    expect(lost).toHaveLength(2);
  });

  it('gives no sign of life at once when it is told to give one more seldom than a timer can wait', async () => {
    const { send } = serve(memoryStorage(), { heartbeatMs: 2 ** 31 });
    const reader = (await send('live', { ...client, after: 0 })).body!.getReader();
    expect((await reader.read()).done).toBe(false);
    const more = reader.read().then(() => 'a line');
    expect(await Promise.race([more, new Promise((resolve) => setTimeout(resolve, 50, 'silence'))])).toBe('silence');
    await reader.cancel();
  });
});
