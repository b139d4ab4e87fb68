import { describe, expect, it } from 'vitest';
import { AnyVersion } from './version.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { defineEvents, eventType } from './event-registry.ts';
import type { Upcaster } from './upcaster.ts';

const step = (type: string, schemaVersion: number, to?: Upcaster['to']): Upcaster => ({
  type,
  schemaVersion,
  ...(to && { to }),
  upcast: (data: { steps?: string[] }) => ({ steps: [...(data.steps ?? []), `${type}@${schemaVersion}`] }),
});

const open = (current: Record<string, number>, upcasters: readonly Upcaster[], storage = memoryStorage()) =>
  openEventStore({
    storage,
    events: defineEvents(Object.fromEntries(Object.entries(current).map(([type, schemaVersion]) => [type, eventType<{ steps?: string[] }>({ schemaVersion })])), { upcasters }),
  });

describe('upcasters', () => {
  it('bring stored events up step by step, and over to other types', async () => {
    const storage = memoryStorage();
    const first = await open({ OrderCreated: 1 }, [], storage);
    await first.appendToStream('Order-1', AnyVersion, [{ type: 'OrderCreated', data: {} }]);
    const second = await open({ OrderCreated: 2 }, [step('OrderCreated', 1)], storage);
    await second.appendToStream('Order-1', AnyVersion, [{ type: 'OrderCreated', data: {} }]);
    const third = await open({ OrderPlaced: 2 }, [step('OrderCreated', 1), step('OrderCreated', 2, { type: 'OrderPlaced' }), step('OrderPlaced', 1)], storage);
    await third.appendToStream('Order-1', AnyVersion, [{ type: 'OrderPlaced', data: {} }]);
    const events = await third.loadStream('Order-1');
    expect(events.map(({ type, data }) => [type, data.steps ?? []])).toEqual([
      ['OrderPlaced', ['OrderCreated@1', 'OrderCreated@2', 'OrderPlaced@1']],
      ['OrderPlaced', ['OrderCreated@2', 'OrderPlaced@1']],
      ['OrderPlaced', []],
    ]);
    // A filter names events as the application knows them.
    const filtered = [];
    for await (const event of third.readAll({ filter: { types: ['OrderPlaced'] } })) filtered.push(event.version);
    expect(filtered).toEqual([1, 2, 3]);
  });

  it('never rewrite what is stored', async () => {
    const storage = memoryStorage();
    await (await openEventStore({ storage })).appendToStream('Order-1', 0, [{ type: 'OrderCreated', data: { n: 1 } }]);
    const store = await open({ OrderCreated: 2 }, [step('OrderCreated', 1)], storage);
    expect((await store.loadStream('Order-1'))[0]).not.toHaveProperty('schemaVersion');
    expect((await (await openEventStore({ storage })).loadStream('Order-1'))[0]).toMatchObject({ type: 'OrderCreated', data: { n: 1 } });
  });

  it.each<[string, Record<string, number>, Upcaster[], RegExp]>([
    ['a hole before the current version', { A: 3 }, [step('A', 2)], /no upcaster takes A@1, and A is at schema version 3/],
    ['a hole in a chain', { A: 4 }, [step('A', 1), step('A', 3)], /the upcasters of A@1 end at A@2/],
    ['a target that is no event', { A: 1 }, [step('B', 1)], /the upcasters of B@1 end at B@2/],
    ['a circle', { A: 1 }, [step('B', 1, { type: 'C' }), step('C', 1, { type: 'B' })], /circle: B@1 → C@1 → B@1/],
    ['a step to itself', { A: 1 }, [step('B', 1, { type: 'B', schemaVersion: 1 })], /circle: B@1 → B@1/],
    ['two of the same', { A: 2 }, [step('A', 1), step('A', 1)], /two upcasters take A@1/],
    ['one of the current version', { A: 2, B: 1 }, [step('A', 1), step('A', 2, { type: 'B' })], /A@2 is current, but an upcaster takes it/],
    ['a schema version that is none', { A: 1.5 }, [], /schema version of A is 1\.5/],
  ])('with %s keep the store from opening', async (_, current, upcasters, message) => {
    await expect(open(current, upcasters)).rejects.toMatchObject({ code: 'INVALID_REGISTRY', message: expect.stringMatching(message) });
  });

  it.each<[string, Upcaster['upcast'], RegExp]>([
    ['throws', () => JSON.parse('{'), /cannot be brought up from A@1/],
    ['returns nothing', () => undefined, /returns nothing: return the data/],
    ['returns a promise', async () => 1, /returns a promise: it must be synchronous/],
  ])('one that %s is UNREADABLE_EVENT with the event', async (_, upcast, message) => {
    const storage = memoryStorage();
    await (await openEventStore({ storage })).appendToStream('Order-1', 0, [{ type: 'A', data: {} }]);
    const store = await open({ A: 2 }, [{ type: 'A', schemaVersion: 1, upcast }], storage);
    await expect(store.loadStream('Order-1')).rejects.toMatchObject({ code: 'UNREADABLE_EVENT', message: expect.stringMatching(message), event: { version: 1 } });
  });
});
