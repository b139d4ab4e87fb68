import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { defineEvents, eventType } from '../event/event-registry.ts';
import { NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { upToDate } from '../store/synced-store.test-fixture.ts';
import { PROTOCOL_VERSION } from '../sync/protocol.ts';
import { numbered, toArray } from '../testing/events.ts';
import { RealServer, type Wire } from './real-server.test-env.ts';

interface Line {
  readonly sku: string;
  readonly quantity: number;
}

const yesterday = defineEvents({ OrderPlaced: eventType<{ sku: string }>() });
const today = defineEvents(
  { OrderPlaced: eventType<{ lines: readonly Line[] }>({ schemaVersion: 2 }), OrderGifted: eventType<{ note: string }>() },
  { upcasters: [{ type: 'OrderPlaced', schemaVersion: 1, upcast: ({ sku }: { sku: string }) => ({ lines: [{ sku, quantity: 1 }] }) }] },
);
const lines = [{ sku: 'a', quantity: 1 }];

/** A peer of another version: it sends fields that nobody knows, and gets some. */
const withNewFields: Wire = async (_, body, send) => {
  const answer = await send(JSON.stringify({ ...(JSON.parse(body) as object), shinyNewField: { deep: [1] } }));
  if (answer.headers.get('content-type') !== 'application/json') return answer;
  return Response.json({ ...((await answer.json()) as object), alsoNew: true }, { status: answer.status });
};

describe('old and new clients of one server', () => {
  it('both keep everything, whatever the one knows of the other’s events, and an upgrade finds it whole', async () => {
    const server = await RealServer.start();
    const storage = memoryStorage();
    const old = await server.device({ storage, events: yesterday });
    const current = await server.device({ events: today, wire: withNewFields });
    await old.appendToStream('Order-1', NoStream, [{ type: 'OrderPlaced', data: { sku: 'a' } }]);
    await upToDate(old, current);
    await current.appendToStream('Order-1', 1, [{ type: 'OrderGifted', data: { note: 'hi' } }, { type: 'OrderPlaced', data: { lines: [{ sku: 'b', quantity: 2 }] } }]);
    await upToDate(current, old);
    // The old one goes on after what it does not know.
    await old.appendToStream('Order-1', 3, [{ type: 'OrderPlaced', data: { sku: 'c' } }]);
    await upToDate(old, current);

    const described = (events: readonly { type: string; data: unknown; schemaVersion?: number }[]): unknown[] => events.map(({ type, data, schemaVersion }) => [type, data, schemaVersion]);
    expect(described(await current.loadStream('Order-1'))).toEqual([
      ['OrderPlaced', { lines }, undefined],
      ['OrderGifted', { note: 'hi' }, undefined],
      ['OrderPlaced', { lines: [{ sku: 'b', quantity: 2 }] }, undefined],
      ['OrderPlaced', { lines: [{ sku: 'c', quantity: 1 }] }, undefined],
    ]);
    expect(described(await old.loadStream('Order-1'))).toEqual([
      ['OrderPlaced', { sku: 'a' }, undefined],
      ['OrderGifted', { note: 'hi' }, undefined],
      ['OrderPlaced', { lines: [{ sku: 'b', quantity: 2 }] }, 2],
      ['OrderPlaced', { sku: 'c' }, undefined],
    ]);
    const exports = await Promise.all([old, current].map((store) => new Response(store.exportEvents()).text()));
    expect(exports[0]).toBe(exports[1]);

    await old.close();
    const upgraded = await server.device({ storage, events: today });
    expect(await toArray(upgraded.readAll())).toEqual(await toArray(current.readAll()));
  });

  it('a client that refuses what it does not know keeps it all the same, and goes on syncing', async () => {
    const server = await RealServer.start();
    const strict = await server.device({ events: defineEvents({ OrderPlaced: eventType<{ sku: string }>() }, { unknown: 'refuse' }) });
    const current = await server.device({ events: today });
    await current.appendToStream('Order-1', NoStream, [{ type: 'OrderGifted', data: { note: 'hi' } }]);
    await upToDate(current, strict);
    await expect(strict.loadStream('Order-1')).rejects.toMatchObject({ code: 'UNREADABLE_EVENT' });
    await strict.appendToStream('Order-2', NoStream, [{ type: 'OrderPlaced', data: { sku: 'a' } }]);
    await upToDate(strict, current);
    expect(await strict.head()).toMatchObject({ position: 2 });
    expect(await current.loadStream('Order-2')).toMatchObject([{ data: { lines } }]);
  });

  it('a client whose protocol the server does not speak is told so, stops, and pushes its outbox when it is understood again', async () => {
    const server = await RealServer.start();
    let protocol = PROTOCOL_VERSION + 1;
    const answers: [number, unknown][] = [];
    const store = await server.device({
      async wire(_, body, send) {
        const answer = await send(JSON.stringify({ ...(JSON.parse(body) as object), protocol }));
        if (!answer.ok) answers.push([answer.status, await answer.clone().json()]);
        return answer;
      },
    });
    await store.appendToStream('Note-1', NoStream, numbered(2));
    await store.sync.now();
    expect(answers[0]).toMatchObject([426, { error: { code: 'PROTOCOL' } }]);
    expect(await firstValueFrom(store.sync.status$)).toMatchObject({ state: 'stuck', final: true, error: { code: 'SYNC_STOPPED', reason: 'PROTOCOL' } });
    await store.appendToStream('Note-1', 2, numbered(1, 3));
    expect(await firstValueFrom(store.sync.pending$)).toHaveLength(2);
    expect(await server.contents()).toEqual([]);
    protocol = PROTOCOL_VERSION;
    await upToDate(store);
    expect(await server.contents()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });
});
