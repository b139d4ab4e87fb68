import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AnyVersion } from './version.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { EventRegistry, defineEvents, eventType } from './event-registry.ts';
import type { RegistryOptions } from './event-definition.ts';
import type { StandardSchema } from './standard-schema.ts';

const libraries = {
  valibot: v.object({ sku: v.string(), lines: v.array(v.object({ count: v.pipe(v.number(), v.minValue(1)) })) }),
  zod: z.object({ sku: z.string(), lines: z.array(z.object({ count: z.number().min(1) })) }),
  arktype: type({ sku: 'string', lines: type({ count: 'number >= 1' }).array() }),
} as const;

const good = { sku: 'b-7', lines: [{ count: 1 }] };
const bad = { sku: 'b-7', lines: [{ count: 1 }, { count: 0 }] };

describe.each(Object.entries(libraries))('a schema of %s', (_, schema) => {
  it('lets good data in, and refuses bad data with the event, the path and the rule before anything is written', async () => {
    const store = await openEventStore({ storage: memoryStorage(), events: defineEvents({ OrderPlaced: schema as StandardSchema }) });
    await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: good }]);
    const appending = store.appendToStream('Order-1', 1, [good, good, bad].map((data) => ({ type: 'OrderPlaced' as const, data })));
    await expect(appending).rejects.toMatchObject({
      code: 'INVALID_EVENT',
      path: 'events[2].data.lines[1].count',
      message: expect.stringMatching(/OrderPlaced.*1/),
    });
    expect((await store.loadStream('Order-1')).map(({ data }) => data)).toEqual([good]);
  });
});

function raise(message: string): never {
  throw new Error(message);
}

describe('a registry', () => {
  it('says which append of several an event belongs to', async () => {
    const store = await openEventStore({ storage: memoryStorage(), events: defineEvents({ OrderPlaced: libraries.valibot }) });
    const writes = ['Order-1', 'Order-2'].map((streamId, i) => ({
      streamId,
      expectedVersion: AnyVersion,
      events: [{ type: 'OrderPlaced' as const, data: i === 0 ? good : bad }],
    }));
    await expect(store.appendToStreams(writes)).rejects.toMatchObject({ path: 'writes[1].events[0].data.lines[1].count' });
    expect((await store.head()).position).toBe(0);
  });

  it('stores what the schema gives: defaults filled in', async () => {
    const schema = v.object({ sku: v.string(), count: v.optional(v.number(), 1) });
    const store = await openEventStore({ storage: memoryStorage(), events: defineEvents({ OrderPlaced: schema }) });
    await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: { sku: 'a' } as { sku: string; count: number } }]);
    expect((await store.loadStream('Order-1'))[0]!.data).toEqual({ sku: 'a', count: 1 });
  });

  it('takes schemas that answer later, in the order of the appends, and isolates the event from the caller', async () => {
    let waits = 30;
    const slow = v.pipeAsync(
      v.object({ n: v.number() }),
      v.checkAsync(async () => {
        await new Promise((resolve) => setTimeout(resolve, (waits -= 10)));
        return true;
      }),
    );
    const store = await openEventStore({ storage: memoryStorage(), events: defineEvents({ Slow: slow }) });
    const data = [{ n: 1 }, { n: 2 }];
    const appending = data.map((each) => store.appendToStream('Order-1', AnyVersion, [{ type: 'Slow', data: each }]));
    for (const each of data) each.n = 99;
    expect((await Promise.all(appending)).map(({ version }) => version)).toEqual([1, 2]);
    expect((await store.loadStream('Order-1')).map((event) => event.data)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('keeps unknown types as they are, and refuses them if asked, when written and when read', async () => {
    const storage = memoryStorage();
    const keeping = await openEventStore({ storage, events: defineEvents({ A: eventType<number>() }) });
    await keeping.appendToStream('Order-1', 0, [{ type: 'Unknown' as 'A', data: 1 }]);
    expect((await keeping.loadStream('Order-1')).map((event) => event.type)).toEqual(['Unknown']);
    const refusing = await openEventStore({ storage, events: defineEvents({ A: eventType<number>() }, { unknown: 'refuse' }) });
    await expect(refusing.appendToStream('Order-1', 1, [{ type: 'Unknown' as 'A', data: 1 }])).rejects.toMatchObject({ code: 'INVALID_EVENT', path: 'events[0].type' });
    await expect(refusing.loadStream('Order-1')).rejects.toMatchObject({ code: 'UNREADABLE_EVENT', event: { type: 'Unknown' } });
  });

  it('can be filled by registerEvent, and a store knows what was registered when it was opened', async () => {
    const registry = new EventRegistry().registerEvent('A', v.object({ n: v.number() })).registerEvent('B', { schema: v.string(), schemaVersion: 1 });
    const store = await openEventStore({ storage: memoryStorage(), events: registry });
    await store.appendToStream('Order-1', 0, [{ type: 'A', data: { n: 1 } }, { type: 'B', data: 'b' }]);
    await expect(store.appendToStream('Order-1', 2, [{ type: 'B', data: 1 as unknown as string }])).rejects.toMatchObject({ path: 'events[0].data' });
    registry.registerEvent('B', v.number());
    await store.appendToStream('Order-1', 2, [{ type: 'B', data: 'still text' }]);
  });

  it('checks what is read only if asked', async () => {
    const storage = memoryStorage();
    await (await openEventStore({ storage })).appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: bad }]);
    const events = (options: RegistryOptions) => defineEvents({ OrderPlaced: libraries.valibot }, options);
    expect(await (await openEventStore({ storage, events: events({}) })).loadStream('Order-1')).toHaveLength(1);
    const checking = await openEventStore({ storage, events: events({ validateOnLoad: true }) });
    const error = { code: 'UNREADABLE_EVENT', message: expect.stringContaining('data.lines[1].count') };
    await expect(checking.loadStream('Order-1')).rejects.toMatchObject(error);
    await expect(new Promise((_, reject) => checking.subscribeToAll(0).subscribe({ error: reject }))).rejects.toMatchObject(error);
  });

  it.each([['at once', () => raise('broken')], ['later', () => Promise.reject(new Error('broken'))]])('says which event a schema fails at that throws %s', async (_, validate) => {
    const storage = memoryStorage();
    await (await openEventStore({ storage })).appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: bad }]);
    const schema = { '~standard': { version: 1, vendor: 'test', validate } } as const;
    const checking = await openEventStore({ storage, events: defineEvents({ OrderPlaced: schema }, { validateOnLoad: true }) });
    await expect(checking.loadStream('Order-1')).rejects.toMatchObject({ code: 'UNREADABLE_EVENT', event: { globalPosition: 1 }, cause: { message: 'broken' } });
  });
});
