import { afterEach, describe, expect, it } from 'vitest';
import { encodeEvents } from '../event/encode.ts';
import { defaultLimits } from '../event/limits.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { batchToText } from '../sync/protocol-batch.ts';
import { MAX_UNCONFIRMED_COMMITS, PROTOCOL_VERSION } from '../sync/protocol.ts';
import { createSyncHandler, type SyncHandler, type SyncHandlerOptions } from './sync-handler.ts';

const opened: SyncHandler[] = [];
afterEach(async () => {
  for (const handler of opened.splice(0)) await handler.close();
});

/** Of any route: the tests look at what they expect. */
interface Answer {
  readonly results: readonly { readonly status: string }[];
  readonly batches: readonly { readonly stream: string; readonly version: number; readonly position: number }[];
  readonly error: { readonly code: string; readonly message: string };
}

interface Server {
  readonly handler: SyncHandler;
  readonly storages: Map<string, Storage>;
  post(route: string, body: unknown, token?: string, headers?: Record<string, string>): Promise<{ status: number; body: Answer }>;
  /** Ids of everything that any tenant's log holds, to see that nothing has changed. */
  contents(): Promise<string>;
}

function serve(options: Partial<SyncHandlerOptions> = {}): Server {
  const storages = new Map<string, Storage>();
  const storageOf = (tenant: string): Storage => {
    if (!storages.has(tenant)) storages.set(tenant, memoryStorage());
    return storages.get(tenant)!;
  };
  const handler = createSyncHandler({
    storage: storageOf,
    // The token says it all: tenant:user.
    authorize: (token) => {
      const [tenant, user] = token?.split(':') ?? [];
      return tenant && user ? { tenant, user } : undefined;
    },
    ...options,
  });
  opened.push(handler);
  return {
    handler,
    storages,
    async post(route, body, token = 'shop:ada', headers = {}) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await handler(new Request(`https://sync.test/api/${route}`, { method: 'POST', body: text, headers: { authorization: `Bearer ${token}`, ...headers } }));
      return { status: response.status, body: (await response.json()) as Answer };
    },
    async contents() {
      const all: string[] = [];
      for (const [tenant, storage] of storages) {
        const store = await openEventStore({ storage });
        for await (const { id } of store.readAll()) all.push(`${tenant} ${id}`);
        await store.close();
      }
      return all.join('\n');
    },
  };
}

const client = { protocol: PROTOCOL_VERSION, clientId: 'client-1-abc' };

function commit(seq: number, stream: string, expected: number, data: unknown = { n: seq }, type = 'Noted'): Record<string, unknown> {
  const batches = encodeEvents(stream, [{ type: 'Noted', data: {} }], 'events', { limits: defaultLimits, now: 1, metadata: undefined });
  const wire = batches.map((batch) => ({ ...(JSON.parse(batchToText(batch)) as object), events: [[type, data]] }));
  return { seq, hash: `hash-${seq}-${stream}`, writes: [{ stream, expected, batches: wire }] };
}

function pushOf(...commits: Record<string, unknown>[]): Record<string, unknown> {
  return { ...client, from: 1, lanes: false, commits };
}

describe('the sync handler', () => {
  it('appends what is pushed, in order, and sends it to whoever pulls', async () => {
    const { post } = serve();
    const pushed = await post('push', pushOf(commit(1, 'Note-1', 0), commit(2, 'Note-1', 1), commit(3, 'Note-2', -1)));
    expect(pushed).toMatchObject({ status: 200, body: { results: [{ seq: 1, status: 'accepted' }, { status: 'accepted' }, { status: 'accepted' }] } });
    const pulled = await post('pull', { ...client, clientId: 'another-client', after: 0 });
    expect(pulled.body).toMatchObject({ coveredTo: 3, head: 3, taken: [] });
    expect(pulled.body.batches.map((batch) => [batch.stream, batch.version, batch.position])).toEqual([['Note-1', 1, 1], ['Note-1', 2, 2], ['Note-2', 1, 3]]);
  });

  it('answers a repeated push with what became of it, and appends nothing twice', async () => {
    const { post, contents } = serve();
    const push = pushOf(commit(1, 'Note-1', 0), commit(2, 'Note-1', 1));
    await post('push', push);
    const before = await contents();
    expect((await post('push', push)).body.results.map(({ status }) => status)).toEqual(['seen', 'seen']);
    expect(await contents()).toBe(before);
  });

  it('knows events by their ids, under whatever number and from whichever copy of a client they come again', async () => {
    const { post, contents } = serve();
    const push = pushOf(commit(1, 'Note-1', 0), commit(2, 'Note-1', 1));
    await post('push', push);
    const before = await contents();
    const [first, second] = push['commits'] as Record<string, unknown>[];
    const again = await post('push', { ...pushOf({ ...second, seq: 1 }, { ...first, seq: 2 }), clientId: 'a-copy-of-it' });
    expect(again.body.results.map(({ status }) => status)).toEqual(['accepted', 'accepted']);
    expect(await contents()).toBe(before);
    // The numbers are taken all the same.
    expect((await post('pull', { ...client, clientId: 'a-copy-of-it', after: 0 })).body).toMatchObject({ head: 2, taken: [[1, second!['hash']], [2, first!['hash']]] });
  });

  it('tells another commit under a taken number, a missing number, and a conflict, and applies nothing after them', async () => {
    const { post, contents } = serve();
    await post('push', pushOf(commit(1, 'Note-1', 0)));
    const before = await contents();
    expect((await post('push', pushOf({ ...commit(1, 'Note-1', 0), hash: 'other' }, commit(2, 'Note-2', 0)))).body.results).toMatchObject([{ seq: 1, status: 'taken' }]);
    expect((await post('push', pushOf(commit(3, 'Note-3', 0)))).body.results).toMatchObject([{ seq: 3, status: 'gap' }]);
    const conflict = await post('push', pushOf(commit(2, 'Note-1', 0), commit(3, 'Note-3', 0), commit(4, 'Note-4', 0)));
    expect(conflict.body.results).toMatchObject([{ seq: 2, status: 'conflict', stream: 'Note-1', expected: 0, actual: 1 }]);
    expect(conflict.body.results).toHaveLength(1);
    expect(await contents()).toBe(before);
  });

  it('goes on with other streams after a conflict when the client wants lanes, and only with others', async () => {
    const { post } = serve();
    await post('push', pushOf(commit(1, 'Note-1', 0)));
    const push = { ...pushOf(commit(2, 'Note-1', 0), commit(3, 'Note-2', 0), commit(4, 'Note-1', -1)), lanes: true };
    expect((await post('push', push)).body.results.map(({ status }) => status)).toEqual(['conflict', 'accepted', 'wait']);
  });

  it('takes no more than so many commits that the client has not confirmed', async () => {
    const { post } = serve();
    for (let seq = 1; seq <= MAX_UNCONFIRMED_COMMITS; seq++) await post('push', pushOf(commit(seq, `Note-${seq}`, 0)));
    const next = MAX_UNCONFIRMED_COMMITS + 1;
    expect((await post('push', pushOf(commit(next, 'Note-x', 0)))).body.results).toMatchObject([{ status: 'wait' }]);
    expect((await post('push', { ...pushOf(commit(next, 'Note-x', 0)), from: next })).body.results).toMatchObject([{ status: 'accepted' }]);
  });

  it.each([
    ['no token', 'push', pushOf(commit(1, 'Note-1', 0)), '', 401, 'UNAUTHORIZED'],
    ['no JSON', 'push', '{"protocol":1,', 'shop:ada', 400, 'MALFORMED'],
    ['no object', 'pull', '[]', 'shop:ada', 400, 'MALFORMED'],
    ['an empty body', 'hello', '', 'shop:ada', 400, 'MALFORMED'],
    ['a field of another kind', 'pull', { ...client, after: -1 }, 'shop:ada', 400, 'MALFORMED'],
    ['too many commits', 'push', pushOf(...Array.from({ length: MAX_UNCONFIRMED_COMMITS + 1 }, (_, i) => commit(i + 1, `Note-${i}`, 0))), 'shop:ada', 400, 'MALFORMED'],
    ['a client id that is a key of something else', 'hello', { ...client, clientId: '../../etc' }, 'shop:ada', 400, 'MALFORMED'],
    ['another version of the protocol', 'hello', { ...client, protocol: 99 }, 'shop:ada', 426, 'PROTOCOL'],
    ['another epoch', 'pull', { ...client, epoch: 'another', after: 0 }, 'shop:ada', 409, 'EPOCH_CHANGED'],
    ['a position after the end', 'pull', { ...client, after: 7 }, 'shop:ada', 409, 'HISTORY_LOST'],
    ['no such route', 'drop', client, 'shop:ada', 404, 'NOT_FOUND'],
  ])('answers %s with a code and changes nothing', async (_, route, body, token, status, code) => {
    const { post, contents } = serve();
    const answer = await post(route, body, token);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message.length).toBeGreaterThan(10);
    expect(await contents()).toBe('');
  });

  it.each([
    ['a prototype key', commit(1, 'Note-1', 0, JSON.parse('{"__proto__":{"admin":true}}')), 'INVALID_EVENT'],
    ['a type that is reserved', commit(1, 'Note-1', 0, {}, '$streamDeleted'), 'MALFORMED'],
    ['a stream that cannot be one', commit(1, 'Note', 0), 'INVALID_STREAM_ID'],
    ['an event that is too large', commit(1, 'Note-1', 0, 'x'.repeat(defaultLimits.maxEventBytes)), 'EVENT_TOO_LARGE'],
    ['writes that are no list', { seq: 1, hash: 'h', writes: { stream: 'Note-1' } }, 'MALFORMED'],
  ])('refuses a commit with %s, and says which', async (_, bad, code) => {
    const { post, contents } = serve();
    expect((await post('push', pushOf(bad))).body.results).toMatchObject([{ seq: 1, status: 'refused', code }]);
    expect(await contents()).toBe('');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('keeps names and texts that look like code as they are', async () => {
    const { post } = serve();
    const stream = `Note-'; DROP TABLE events;--`;
    const data = { html: '<img src=x onerror=alert(1)>' };
    expect((await post('push', pushOf(commit(1, stream, 0, data)))).body.results).toMatchObject([{ status: 'accepted' }]);
    const { body } = await post('pull', { ...client, after: 0 });
    expect(body.batches).toMatchObject([{ stream, events: [['Noted', data]] }]);
  });

  it('reads no further than the limit, with or without a length', async () => {
    const { handler, post } = serve({ limits: { maxRequestBytes: 1_000 } });
    expect((await post('push', 'x'.repeat(1_001))).body.error.code).toBe('TOO_LARGE');
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array((sent += 100) && 100)) });
    const init = { method: 'POST', body: endless, duplex: 'half', headers: { authorization: 'Bearer shop:ada' } };
    const response = await handler(new Request('https://sync.test/push', init as RequestInit));
    expect(response.status).toBe(413);
    expect(sent).toBeLessThan(10_000);
  });

  it('keeps tenants apart, whatever a payload says', async () => {
    const { post } = serve();
    await post('push', pushOf(commit(1, 'Note-1', 0)), 'one:ada');
    const { body } = await post('pull', { ...client, clientId: 'other-client', after: 0 }, 'two:bob');
    expect(body).toMatchObject({ head: 0, batches: [] });
    const foreign = commit(1, 'Note-2', 0);
    (foreign['writes'] as { batches: { events: unknown }[] }[])[0]!.batches[0]!.events = [['Noted', {}, { tenantId: 'two' }]];
    expect((await post('push', { ...pushOf(foreign), clientId: 'one-client-2' }, 'one:ada')).body.results).toMatchObject([{ status: 'refused', code: 'FORBIDDEN' }]);
  });

  it('binds a client id to the user who came with it first', async () => {
    const { post } = serve();
    await post('hello', client, 'shop:ada');
    for (const [route, body] of [['hello', client], ['push', pushOf(commit(1, 'Note-1', 0))], ['pull', { ...client, after: 0 }], ['live', { ...client, after: 0 }]] as const) {
      expect((await post(route, body, 'shop:bob')).body.error.code).toBe('CLIENT_OF_ANOTHER_USER');
    }
  });

  it('sends and takes only what the user may have', async () => {
    const scope = { categories: ['Note'] };
    const { post } = serve({ authorize: (token) => (token === 'all:x' ? { tenant: 't', user: 'x' } : { tenant: 't', user: 'y', readable: scope, writable: scope }) });
    await post('push', { ...pushOf(commit(1, 'Note-1', 0), commit(2, 'Secret-1', 0)), clientId: 'client-x-1' }, 'all:x');
    const { body } = await post('pull', { ...client, after: 0, filter: { categories: ['Note', 'Secret'] } }, 'y:y');
    expect(body).toMatchObject({ coveredTo: 2, readable: scope });
    expect(body.batches.map(({ stream }) => stream)).toEqual(['Note-1']);
    expect((await post('push', pushOf(commit(1, 'Secret-2', 0)), 'y:y')).body.results).toMatchObject([{ status: 'refused', code: 'FORBIDDEN' }]);
  });

  it('refuses allowed origins that no browser sends', () => {
    for (const origin of ['https://app.test/', 'app.test', '*']) expect(() => serve({ allowedOrigins: [origin] })).toThrow('without a slash at its end');
    serve({ allowedOrigins: ['https://app.test', 'http://localhost:5173', 'capacitor://localhost', 'null'] });
  });

  it('answers pages of its own and of allowed origins, and no others', async () => {
    const { handler, post } = serve({ allowedOrigins: ['https://app.test'] });
    expect((await post('hello', client, 'shop:ada', { origin: 'https://evil.test' })).body.error.code).toBe('FOREIGN_ORIGIN');
    for (const origin of ['https://app.test', 'https://sync.test']) expect((await post('hello', client, 'shop:ada', { origin })).status).toBe(200);
    const preflight = await handler(new Request('https://sync.test/push', { method: 'OPTIONS', headers: { origin: 'https://app.test' } }));
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.test']);
  });

  it('streams a line for every growth of the log, and ends at shutdown', async () => {
    const { handler, post } = serve();
    const response = await handler(new Request('https://sync.test/live', { method: 'POST', body: JSON.stringify({ ...client, after: 0 }), headers: { authorization: 'Bearer shop:ada' } }));
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('{"head":0}\n');
    await post('push', pushOf(commit(1, 'Note-1', 0)));
    expect((await reader.read()).value).toBe('{"head":1}\n');
    expect(handler.metrics()).toMatchObject({ liveStreams: 1, requests: 2 });
    await handler.close();
    expect((await reader.read()).done).toBe(true);
    expect(handler.metrics().liveStreams).toBe(0);
    expect((await post('hello', client)).body.error.code).toBe('CLOSING');
  });

  it('says nothing of what is wrong inside, and tells whoever runs it', async () => {
    const seen: unknown[] = [];
    const { post } = serve({ storage: () => ({ name: 'broken', open: () => Promise.reject(new Error('password=hunter2')) }), onError: (error) => seen.push(error) });
    const answer = await post('hello', client);
    expect([answer.status, answer.body.error.code]).toEqual([500, 'FAILED']);
    expect(JSON.stringify(answer.body)).not.toContain('hunter2');
    expect(String(seen)).toContain('hunter2');
  });
});
