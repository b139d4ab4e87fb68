import { describe, expect, it } from 'vitest';
import { orderDecider } from '../aggregate/orders.test-fixture.ts';
import type { Decider } from '../aggregate/decider.ts';
import type { Event } from '../event/event.ts';
import { given } from './given-when-then.ts';

const placed = { type: 'OrderPlaced', data: { sku: 'hat' } } as const;

describe('given, when, then', () => {
  it('accepts what the decider does', async () => {
    await given(orderDecider).when({ type: 'Place', sku: 'hat' }).thenEvents(placed);
    await given(orderDecider, [placed]).when({ type: 'Add', sku: 'sock', times: 2 }).thenEvents({ type: 'ItemAdded', data: { sku: 'sock' } }, { type: 'ItemAdded', data: { sku: 'sock' } });
    await given(orderDecider, [placed]).when({ type: 'Look' }).thenNothing();
    await given(orderDecider).when({ type: 'Ship', carrier: 'post' }).thenThrows(/nothing to ship/);
    await given(orderDecider).when({ type: 'Ship', carrier: 'post' }).thenThrows(/^Error: .*nothing to ship/);
    await given({ ...orderDecider, decide: () => { throw new RangeError('too far'); } }).when({ type: 'Look' }).thenThrows(/^too far$/);
    await given(orderDecider).when({ type: 'Ship', carrier: 'post' }).thenThrows((error) => error instanceof Error);
  });

  it('refuses what it does not do, and shows the difference', async () => {
    const shipping = given(orderDecider, [placed]).when({ type: 'Ship', carrier: 'post' });
    await expect(shipping.thenEvents({ type: 'OrderShipped', data: { carrier: 'van' } })).rejects.toThrow(/carrier: expected .*van.*, got .*post/);
    await expect(shipping.thenEvents()).rejects.toThrow(/the events/);
    await expect(shipping.thenNothing()).rejects.toThrow(/the events/);
    await expect(shipping.thenThrows(/x/)).rejects.toThrow(/expected a failure/);
    await expect(given(orderDecider).when({ type: 'Ship', carrier: 'post' }).thenThrows('STREAM_DELETED')).rejects.toThrow(/STREAM_DELETED.*nothing to ship/);
  });

  it('tells dates, maps, numbers and properties apart as they are, and says how they differ', async () => {
    const decider: Decider<null, unknown, Event<'Noted', unknown>> = { initialState: () => null, evolve: (state) => state, decide: (data) => ({ type: 'Noted', data }) };
    const deciding = (data: unknown, expected: unknown) => given(decider).when(data).thenEvents({ type: 'Noted', data: expected });
    for (const data of [new Date(0), new Date(NaN), new Map([[1, { a: 2 }]]), new Set([1]), new Uint8Array([1])]) await deciding({ data }, { data: structuredClone(data) });
    await deciding(new Set(['a', 'b']), new Set(['b', 'a']));
    await expect(deciding({ at: new Date(0) }, { at: new Date(5) })).rejects.toThrow(/data\.at: expected .*\.005Z.*, got .*\.000Z/);
    await expect(deciding(new Date(0), {})).rejects.toThrow(/\[0\]\.data: expected {}, got /);
    await expect(deciding(new Map([[1, 2]]), new Map([[1, 3]]))).rejects.toThrow(/data\[0\]\[1\]: expected 3, got 2/);
    await expect(deciding(new Set([1]), new Set())).rejects.toThrow(/data\.length: expected 0, got 1/);
    await expect(deciding(NaN, null)).rejects.toThrow(/data: expected null, got NaN/);
    await expect(deciding(0, -0)).rejects.toThrow(/data: expected -0, got 0/);
    await expect(deciding({ a: undefined }, {})).rejects.toThrow(/data\.a: expected nothing, got undefined/);
  });

  it('shows what is no event', async () => {
    const forgetful = given({ ...orderDecider, decide: () => undefined as never }).when({ type: 'Look' });
    await expect(forgetful.thenEvents()).rejects.toThrow(/the events at \.length: expected 0, got 1/);
    await expect(forgetful.thenEvents(placed)).rejects.toThrow(/the events at \[0\]: expected {.*}, got undefined/);
  });

  it('refuses a past that could not have been stored', async () => {
    const impossible = [{ type: 'OrderPlaced', data: { sku: (() => 1) as unknown as string } }] as const;
    await expect(given(orderDecider, impossible).when({ type: 'Look' }).thenNothing()).rejects.toMatchObject({ code: 'INVALID_EVENT', path: 'past[0].data.sku' });
  });
});
