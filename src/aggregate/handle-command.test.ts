import { describe, expect, it } from 'vitest';
import { causedBy } from '../event/caused-by.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { handleCommand } from './handle-command.ts';
import { orderDecider, type Order, type OrderCommand, type OrderEvent } from './orders.test-fixture.ts';
import { everyNEvents } from './snapshot-policy.ts';

const open = (storage: Storage = memoryStorage()): Promise<EventStore<OrderEvent>> => openEventStore<OrderEvent>({ storage });
const shirt = { type: 'Add', sku: 'shirt' } as const;

describe('handling a command', () => {
  it('decides on the state, appends, and gives the state after', async () => {
    const store = await open();
    const handle = handleCommand(store, orderDecider);
    const placed = await handle('Order-1', { type: 'Place', sku: 'hat' });
    expect(placed).toMatchObject({ state: { skus: ['hat'] }, version: 1, events: [{ type: 'OrderPlaced', data: { sku: 'hat' } }], deduplicated: false });
    const { version, state } = await handle('Order-1', { ...shirt, times: 3 });
    expect([version, state?.skus]).toEqual([4, ['hat', 'shirt', 'shirt', 'shirt']]);
  });

  it('rejects with what the rules throw, and writes nothing', async () => {
    const store = await open();
    await expect(handleCommand(store, orderDecider)('Order-1', shirt)).rejects.toThrow('Nothing can be added.');
    expect((await store.head()).position).toBe(0);
  });

  it('refuses what is no event, as an append does', async () => {
    const store = await open();
    for (const decided of [undefined, null, [undefined], 'OrderPlaced', [[]]]) {
      const handle = handleCommand(store, { ...orderDecider, decide: () => decided as never });
      for (const commandId of [undefined, 'c-1']) {
        await expect(handle('Order-1', { type: 'Look' }, { ...(commandId && { commandId }) })).rejects.toMatchObject({ code: 'INVALID_EVENT' });
      }
    }
    expect((await store.head()).position).toBe(0);
  });

  it('takes no events for an answer', async () => {
    const store = await open();
    const handle = handleCommand(store, orderDecider);
    await handle('Order-1', { type: 'Place', sku: 'hat' });
    expect(await handle('Order-1', { type: 'Look' })).toEqual({ state: { skus: ['hat'], shipped: false }, version: 1, events: [], deduplicated: false });
    expect((await store.head()).position).toBe(1);
  });

  it('decides again when others were faster, so that no decision is lost', async () => {
    const storage = memoryStorage();
    const handles = await Promise.all([1, 2, 3, 4].map(async () => handleCommand(await open(storage), orderDecider, { retry: { attempts: 50, baseDelayMs: 1 } })));
    await handles[0]!('Order-1', { type: 'Place', sku: 'hat' });
    await Promise.all(handles.flatMap((handle) => [handle('Order-1', shirt), handle('Order-1', shirt)]));
    const { state, version } = await handles[0]!('Order-1', { type: 'Look' });
    expect([state?.skus.length, version]).toEqual([9, 9]);
  });

  it('gives up after the tries it has, with the conflict', async () => {
    const storage = memoryStorage();
    const [store, rival] = [await open(storage), await open(storage)];
    let decisions = 0;
    const meddling = {
      ...orderDecider,
      async decide(command: OrderCommand, order: Order | undefined) {
        decisions++;
        await rival.appendToStream('Order-1', -1, [{ type: 'ItemAdded', data: { sku: 'rival' } }]);
        return orderDecider.decide(command, order);
      },
    };
    await handleCommand(store, orderDecider)('Order-1', { type: 'Place', sku: 'hat' });
    await expect(handleCommand(store, meddling, { retry: 3 })('Order-1', shirt)).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', actualVersion: 4 });
    expect(decisions).toBe(3);
    await expect(handleCommand(store, meddling)('Order-1', shirt, { retry: 1 })).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT' });
    expect(decisions).toBe(4);
  });

  it('on the version that somebody has seen, another one is a conflict at once, before the rules are asked', async () => {
    const store = await open();
    const handle = handleCommand(store, orderDecider);
    await handle('Order-1', { type: 'Place', sku: 'hat' });
    await handle('Order-1', { type: 'Ship', carrier: 'post' });
    const tooLate = handle('Order-1', { type: 'Ship', carrier: 'post' }, { expectedVersion: 1 });
    await expect(tooLate).rejects.toMatchObject({ code: 'CONCURRENCY_CONFLICT', expectedVersion: 1, actualVersion: 2 });
  });

  describe.each([['without snapshots', undefined], ['with snapshots', everyNEvents(1)]])('with a command id, %s', (_, snapshots) => {
    const options = snapshots ? { snapshots } : {};

    it('does it once: again, it gives the state as it is and writes nothing', async () => {
      const store = await open();
      const handle = handleCommand(store, orderDecider, options);
      await handle('Order-1', { type: 'Place', sku: 'hat' }, { commandId: 'c-1' });
      await handle('Order-1', shirt, { commandId: 'c-2' });
      await handle('Order-1', { type: 'Ship', carrier: 'post' }, { commandId: 'c-3' });
      for (const [commandId, command] of [['c-1', { type: 'Place', sku: 'hat' }], ['c-2', shirt], ['c-3', { type: 'Ship', carrier: 'post' }]] as const) {
        const again = await handle('Order-1', command, { commandId });
        expect(again).toEqual({ state: { skus: ['hat', 'shirt'], shipped: true }, version: 3, events: [], deduplicated: true });
      }
      expect((await store.head()).position).toBe(3);
    });

    it('does it once when several do it at the same time', async () => {
      const storage = memoryStorage();
      const handles = await Promise.all([1, 2, 3].map(async () => handleCommand(await open(storage), orderDecider, options)));
      await handles[0]!('Order-1', { type: 'Place', sku: 'hat' });
      const results = await Promise.all(handles.map((handle) => handle('Order-1', { ...shirt, times: 2 }, { commandId: 'c-1' })));
      expect(results.map(({ deduplicated }) => deduplicated).sort()).toEqual([false, true, true]);
      expect((await handles[0]!('Order-1', { type: 'Look' })).state?.skus).toHaveLength(3);
    });
  });

  it('a command id in one stream says nothing of another', async () => {
    const handle = handleCommand(await open(), orderDecider);
    await handle('Order-1', { type: 'Place', sku: 'hat' }, { commandId: 'c-1' });
    expect((await handle('Order-2', { type: 'Place', sku: 'hat' }, { commandId: 'c-1' })).deduplicated).toBe(false);
  });

  it('gives the events the metadata of the command, under their own', async () => {
    const store = await open();
    const handle = handleCommand(store, orderDecider);
    await handle('Order-1', { type: 'Place', sku: 'hat' }, { metadata: { userId: 'anna', custom: { a: '1' } } });
    const [placed] = await store.loadStream('Order-1');
    const unset = handleCommand(store, { ...orderDecider, decide: () => [{ type: 'OrderPlaced', data: { sku: 'cap' }, metadata: { userId: undefined } as never }] });
    await unset('Order-2', shirt, { commandId: 'c-8', metadata: { userId: 'anna', causationId: undefined as never } });
    expect((await store.loadStream('Order-2'))[0]!.metadata).toEqual({ userId: 'anna', causationId: 'c-8' });
    await handle('Order-1', shirt, { commandId: 'c-9', metadata: { ...causedBy(placed!), custom: { b: '2' } } });
    await handle('Order-1', shirt, { commandId: 'c-10' });
    const [, added, alone] = await store.loadStream('Order-1');
    expect(placed!.metadata).toEqual({ userId: 'anna', custom: { a: '1' } });
    expect(added!.metadata).toEqual({ correlationId: placed!.id, causationId: placed!.id, custom: { b: '2' } });
    expect(alone!.metadata).toEqual({ causationId: 'c-10' });
  });

  it('ends with the reason of its signal', async () => {
    const handle = handleCommand(await open(), orderDecider);
    await expect(handle('Order-1', shirt, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  });
});
