import * as v from 'valibot';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEventStore } from '../store/open-event-store.ts';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { record } from '../testing/recording.ts';
import { defineEvents } from './event-registry.ts';

const first = defineEvents({ OrderPlaced: v.object({ sku: v.string() }) });
const second = defineEvents(
  {
    OrderPlaced: { schema: v.object({ lines: v.array(v.object({ sku: v.string(), count: v.number() })) }), schemaVersion: 2 },
    OrderGifted: v.object({ to: v.string() }),
  },
  { upcasters: [{ type: 'OrderPlaced', schemaVersion: 1, upcast: (data: { sku: string }) => ({ lines: [{ sku: data.sku, count: 1 }] }) }] },
);

describe('two versions of an application on one log', () => {
  it('the old one is handed what it does not know as it is, and after its own upgrade everything has its meaning', async () => {
    const name = `versions-${crypto.randomUUID()}`;
    const storage = indexedDbStorage({ name, persist: false });
    const old = await openEventStore({ storage, events: first });
    const current = await openEventStore({ storage, events: second });
    const seen = record(old.subscribeToAll(0));
    await old.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: { sku: 'hat' } }]);
    await current.appendToStream('Order-1', 1, [
      { type: 'OrderGifted', data: { to: 'anna' } },
      { type: 'OrderPlaced', data: { lines: [{ sku: 'sock', count: 2 }] } },
    ]);
    await old.appendToStream('Order-1', 3, [{ type: 'OrderPlaced', data: { sku: 'shirt' } }]);
    const raw = [
      ['OrderPlaced', { sku: 'hat' }],
      ['OrderGifted', { to: 'anna' }],
      ['OrderPlaced', { lines: [{ sku: 'sock', count: 2 }] }],
      ['OrderPlaced', { sku: 'shirt' }],
    ];
    expect((await seen.untilCount(4)).map(({ type, data }) => [type, data])).toEqual(raw);
    expect(seen.values.map(({ schemaVersion }) => schemaVersion)).toEqual([undefined, undefined, 2, undefined]);
    // What the old one exports and imports is not lost either.
    const copyName = `${name}-copy`;
    const copy = await openEventStore({ storage: indexedDbStorage({ name: copyName, persist: false }), events: second });
    await copy.importEvents(old.exportEvents());
    await old.close();
    const upgraded = await openEventStore({ storage, events: second });
    onTestFinished(async () => {
      for (const store of [current, copy, upgraded]) await store.close();
      for (const each of [name, copyName]) await deleteDatabase(each);
    });
    const meaning = [
      ['OrderPlaced', { lines: [{ sku: 'hat', count: 1 }] }],
      ['OrderGifted', { to: 'anna' }],
      ['OrderPlaced', { lines: [{ sku: 'sock', count: 2 }] }],
      ['OrderPlaced', { lines: [{ sku: 'shirt', count: 1 }] }],
    ];
    for (const store of [current, copy, upgraded]) {
      expect((await store.loadStream('Order-1')).map(({ type, data }) => [type, data])).toEqual(meaning);
    }
  });
});
