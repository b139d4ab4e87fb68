import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { defineSerializer } from './define-serializer.ts';
import { createCodec } from './event-codec.ts';
import { defineEvents, eventType } from './event-registry.ts';
import { defaultLimits } from './limits.ts';
import type { StandardSchema } from './standard-schema.ts';

const schema = (validate: StandardSchema['~standard']['validate']): StandardSchema => ({ '~standard': { version: 1, vendor: 'test', validate } });
const later = schema((value) => Promise.resolve({ value }));
const refusing = schema(() => ({ issues: [{ message: 'no' }] }));
const refusingLater = schema(() => Promise.resolve({ issues: [{ message: 'no' }] }));
const events = defineEvents({ Now: eventType<unknown>(), Later: later, Refused: refusing, RefusedLater: refusingLater });

const open = (): Promise<EventStore> => openEventStore({ storage: memoryStorage(), events }) as Promise<EventStore>;

describe('an append through the schemas of a registry', () => {
  it.each([['Now'], ['Later'], ['Later', 'Now'], ['Now', 'Later'], ['Unknown', 'Later']])('has the data that it was called with: %s %s', async (...types) => {
    const store = await open();
    const data = types.map(() => ({ n: 1 }));
    // What comes after one that waits, waits too.
    const given = types.map((type, i) => ({ type, data: data[i] }));
    const appending = [store.appendToStream('Order-1', -1, given), store.appendToStream('Order-2', -1, [{ type: 'Now', data: data[0] }])];
    for (const each of data) each.n = 2;
    for (const each of given) each.type = 'Other';
    await Promise.all(appending);
    for (const stream of ['Order-1', 'Order-2']) {
      for (const event of await store.loadStream(stream)) expect([types.includes(event.type) || event.type === 'Now', event.data]).toEqual([true, { n: 1 }]);
    }
  });

  it('goes to its own streams only, and is refused where a place among its events is empty', async () => {
    const store = await open();
    const sparse: { type: string; data: unknown }[] = [];
    sparse[1] = { type: 'Now', data: 1 };
    const writes = [sparse, [{ type: 'Now', data: 2 }]].map((each, i) => ({ streamId: `Order-${i}`, expectedVersion: 0, events: each }));
    await expect(store.appendToStreams(writes)).rejects.toMatchObject({ code: 'INVALID_EVENT', path: 'writes[0].events[0]' });
    expect((await store.head()).position).toBe(0);
  });

  it('has an id of its own for each event, however many there are', async () => {
    const serializer = defineSerializer({ format: 'byte', serialize: (data) => Uint8Array.of(data as number), deserialize: ([byte]) => byte });
    const count = 65_537;
    const appends = [{ streamId: 'Order-1', expectedVersion: 0, events: Array.from({ length: count }, () => ({ type: 'A', data: 7 })) }];
    const [encoded] = await createCodec(new Map(), {}, serializer).encode(appends, { limits: defaultLimits, now: 0, metadata: undefined });
    expect(new Set(encoded!.events.map(({ id }) => id)).size).toBe(count);
  });

  it('that was accepted is finished before the store is closed', async () => {
    const store = await open();
    const appending = store.appendToStream('Order-1', 0, [{ type: 'Now', data: 1 }]);
    await store.close();
    expect(await appending).toMatchObject({ version: 1 });
  });

  // A rejection that nobody hears fails the run.
  it.each([['RefusedLater', 'Refused'], ['Refused', 'RefusedLater'], ['RefusedLater', 'RefusedLater']])('fails once, whatever else of it is refused: %s, %s', async (...types) => {
    const store = await open();
    await expect(store.appendToStream('Order-1', 0, types.map((type) => ({ type, data: {} })))).rejects.toMatchObject({ code: 'INVALID_EVENT', path: expect.stringMatching(/^events\[[01]\]\.data$/) });
    expect((await store.head()).position).toBe(0);
  });

  it.each([[undefined], [[undefined]], [[{ streamId: 'Order-1', expectedVersion: 0 }]]])('that is none is INVALID_EVENT: %j', async (writes) => {
    await expect((await open()).appendToStreams(writes as never)).rejects.toMatchObject({ code: 'INVALID_EVENT' });
  });
});
