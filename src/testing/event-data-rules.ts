import type { EventData } from '../event/event.ts';
import { AnyVersion } from '../event/version.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { named, numbered, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const keptData: readonly [what: string, data: unknown][] = [
  ['null', null],
  ['a string', 'text'],
  ['an empty string', ''],
  ['a number', 12.5],
  ['zero', 0],
  ['the largest safe integer', Number.MAX_SAFE_INTEGER],
  ['the smallest and the largest number', [5e-324, 1.7976931348623157e308]],
  ['a boolean', false],
  ['an empty object', {}],
  ['an empty array', []],
  ['arrays and objects in each other', { a: [{ b: [[], {}, null, [1]] }] }],
  ['every kind of character', { text: '\0\u0001"\\/\n\r\t\u2028\u2029 é😀\uffff' }],
  ['a lone surrogate in a text', { text: 'x\ud83dy' }],
  ['keys of every kind', { '': 1, ' ': 2, 'a.b': 3, '😀': 4, hasOwnProperty: 5, toString: 6, length: 7 }],
];

const badTypes: readonly unknown[] = ['', undefined, null, 1, {}, '$streamDeleted', '$mine'];
const badIds: readonly unknown[] = ['', 'abc', 1, null, {}, '0189d7f6-1a2b-7c3d-8e4f', `{${crypto.randomUUID()}}`, `${crypto.randomUUID()}0`, 'g189d7f6-1a2b-7c3d-8e4f-5a6b7c8d9e0f'];

export function eventDataRules({ group, rule }: Suite): void {
  group('events', () => {
    rule('a stored event has exactly its id, stream id, type, data, metadata, version, position and timestamp', async (log) => {
      const store = await log.open({ clock: () => 1_700_000_000_123 });
      await store.appendToStream('Order-1', AnyVersion, numbered(1));
      const id = crypto.randomUUID();
      const metadata = { userId: 'anna' };
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'Placed', data: { a: 1 }, id, metadata }]);
      const [, event] = await store.loadStream('Order-1');
      const streamId = { category: 'Order', id: '1' };
      const expected = { id, streamId, type: 'Placed', data: { a: 1 }, metadata, version: 2, globalPosition: 2, timestamp: 1_700_000_000_123 };
      assertEqual(event, expected, 'the event');
    });

    for (const [what, data] of keptData) {
      rule(`data that is or holds ${what} comes back as it was`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Order-1', AnyVersion, [{ type: 'Kept', data }]);
        assertEqual((await store.loadStream('Order-1'))[0]?.data, data, 'the data');
        assertEqual((await toArray(store.readAll()))[0]?.data, data, 'the data in the log');
      });
    }

    rule('as in JSON, toJSON is called and an undefined property is left out', async (log) => {
      const store = await log.open();
      const data = { at: new Date(0), gone: undefined, price: { toJSON: () => ({ cents: 5 }) } };
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'Kept', data }]);
      assertEqual((await store.loadStream('Order-1'))[0]?.data, { at: '1970-01-01T00:00:00.000Z', price: { cents: 5 } }, 'the data');
    });

    rule('a type of any characters is kept, and one that is empty, no string or begins with "$" is INVALID_EVENT', async (log) => {
      const store = await log.open();
      const types = ['Placed', 'order placed', 'Заказ', '😀', 'a$', '__proto__', 'x'.repeat(1000)];
      await store.appendToStream('Order-1', AnyVersion, types.map((type) => ({ type, data: 0 })));
      assertEqual((await store.loadStream('Order-1')).map(({ type }) => type), types, 'the types');
      for (const type of badTypes) {
        const events = [...numbered(1), { type, data: 0 }] as EventData[];
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, events), 'INVALID_EVENT', { path: 'events[1].type' });
      }
      assertEqual((await store.head()).position, types.length, 'the head');
    });

    rule('an id that is given is kept, in lower case, and one that is no UUID is INVALID_EVENT', async (log) => {
      const store = await log.open();
      const id = crypto.randomUUID();
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'A', data: 0, id: id.toUpperCase() }]);
      assertEqual((await store.loadStream('Order-1'))[0]?.id, id, 'the id');
      for (const bad of badIds) {
        const events = [{ type: 'A', data: 0, id: bad as string }];
        await assertFails(() => store.appendToStream('Order-2', AnyVersion, events), 'INVALID_EVENT', { path: 'events[0].id' });
      }
      await assertFails(() => store.appendToStream('Order-2', AnyVersion, [...numbered(2), { type: 'A', data: 0, id }, { type: 'A', data: 0, id }]), 'INVALID_EVENT');
      assertEqual((await store.head()).position, 1, 'the head');
    });

    rule('an event without an id gets a UUID of version 7 that no other event has', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      await Promise.all([a, b, a, b].map((store, i) => store.appendToStream(`Order-${i}`, AnyVersion, numbered(300))));
      const ids = (await toArray(a.readAll())).map(({ id }) => id);
      assertEqual(new Set(ids).size, 1200, 'how many ids differ');
      for (const id of ids) assert(UUID_V7.test(id), `${id} is not a UUID of version 7`);
    });

    rule('the id, the time and the data of an event are the same wherever it is read', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, [...numbered(2), { type: 'A', data: { x: [1] }, id: crypto.randomUUID() }, ...numbered(2)]);
      const events = await store.loadStream('Order-1');
      assertEqual(await toArray(store.readAll()), events, 'the log');
      assertEqual((await toArray(store.readAll({ direction: 'backwards' }))).reverse(), events, 'the log read backwards');
      assertEqual(await record(store.subscribeToAll(0)).untilCount(5), events, 'a subscription to all');
      assertEqual(await record(store.subscribeToStream('Order-1')).untilCount(5), events, 'a subscription to the stream');
      assertEqual(await (await log.open()).loadStream('Order-1'), events, 'the stream from another handle');
    });

    rule('what the caller does with an event after the call changes nothing that is stored', async (log) => {
      const store = await log.open();
      const data = { items: [{ sku: 'a' }] };
      const metadata = { userId: 'anna', custom: { a: '1' } };
      const events = [{ type: 'Placed', data, metadata }];
      const appending = store.appendToStream('Order-1', AnyVersion, events);
      data.items[0]!.sku = 'changed';
      data.items.push({ sku: 'more' });
      metadata.custom.a = 'changed';
      events.push({ type: 'More', data, metadata });
      await appending;
      const loaded = await store.loadStream('Order-1');
      assertEqual(loaded.map((event) => [event.data, event.metadata]), [[{ items: [{ sku: 'a' }] }, { userId: 'anna', custom: { a: '1' } }]], 'what is stored');
    });

    rule('what a reader does with an event changes nothing that anybody else reads', async (log) => {
      const store = await log.open();
      const seen: unknown[] = [];
      const spoil = (event: { readonly data: unknown }): void => {
        seen.push(structuredClone(event.data));
        (event.data as { items: string[] }).items.push('spoiled');
      };
      const spoilers = [store.subscribeToAll(0), store.subscribeToAll(0), store.subscribeToStream('Order-1'), store.subscribeToCategory('Order')].map(
        (events$) => record(events$, spoil),
      );
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'Placed', data: { items: ['a'] } }]);
      for (const spoiler of spoilers) await spoiler.untilCount(1);
      for (let i = 0; i < 2; i++) (await store.loadStream('Order-1')).forEach(spoil);
      for (let i = 0; i < 2; i++) (await toArray(store.readAll())).forEach(spoil);
      await record(store.subscribeToAll(0), spoil).untilCount(1);
      assertEqual(seen, Array(9).fill({ items: ['a'] }), 'what each of them saw');
    });

    rule('a clock that tells no time is refused, before anything is written', async (log) => {
      for (const time of [NaN, Infinity, undefined]) {
        const store = await log.open({ clock: () => time as number });
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, named('a')), 'INVALID_VERSION', { argument: 'clock' });
        assertEqual(await store.loadStream('Order-1'), [], 'the stream');
      }
    });

    rule('timestamps come from the clock, and a clock that jumps back does not change the order', async (log) => {
      let now = Date.UTC(2030, 0, 1);
      const store = await log.open({ clock: () => now });
      // A clock may tell parts of a millisecond.
      const other = await log.open({ clock: () => Date.UTC(1999, 0, 1) + 0.5 });
      const live = record(store.subscribeToAll(0));
      await store.appendToStream('Order-1', AnyVersion, named('2030'));
      now = Date.UTC(1980, 0, 1);
      await store.appendToStream('Order-1', AnyVersion, named('1980'));
      await other.appendToStream('Order-1', AnyVersion, named('1999'));
      const events = await live.untilCount(3);
      assertEqual(events.map(({ data, timestamp }) => [(data as { name: string }).name, timestamp]), [['2030', Date.UTC(2030, 0, 1)], ['1980', now], ['1999', Date.UTC(1999, 0, 1)]], 'the order');
      assertEqual(await other.loadStream('Order-1'), events, 'the stream');
    });
  });
}
