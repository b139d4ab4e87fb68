import { describe, expect, it } from 'vitest';
import { orderDecider } from '../aggregate/orders.test-fixture.ts';
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

  it('refuses a past that could not have been stored', async () => {
    const impossible = [{ type: 'OrderPlaced', data: { sku: (() => 1) as unknown as string } }] as const;
    await expect(given(orderDecider, impossible).when({ type: 'Look' }).thenNothing()).rejects.toMatchObject({ code: 'INVALID_EVENT', path: 'past[0].data.sku' });
  });
});
