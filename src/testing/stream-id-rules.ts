import type { StreamId } from '../event/stream-id.ts';
import { AnyVersion } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const badStreams: readonly [why: string, id: unknown][] = [
  ['has no "-"', 'Order'],
  ['has an empty category', '-1'],
  ['has an empty id', 'Order-'],
  ['is empty', ''],
  ['is an object with an empty category', { category: '', id: '1' }],
  ['is an object with an empty id', { category: 'Order', id: '' }],
  ['has a "-" in the category of its object', { category: 'Order-Line', id: '1' }],
  ['has a category of 251 units', `${'c'.repeat(251)}-1`],
  ['is 501 units long', `Order-${'1'.repeat(495)}`],
  ['is an object of 501 units', { category: 'Order', id: '1'.repeat(495) }],
  ['has a NUL in its category', 'Or\0der-1'],
  ['has a NUL in its id', 'Order-1\0'],
  ['has a lone high surrogate', 'Order-\ud83d'],
  ['has a lone low surrogate', { category: 'Order\ude00', id: '1' }],
  ['has its surrogates the wrong way round', 'Order-\ude00\ud83d'],
  ['is a number', 17],
  ['is null', null],
  ['is undefined', undefined],
  ['is an object without an id', { category: 'Order' }],
  ['has an id that is a number', { category: 'Order', id: 1 }],
];

const goodStreams: readonly [why: string, name: string][] = [
  ['a whole name of 500 units', `Order-${'1'.repeat(494)}`],
  ['a category of 250 units', `${'c'.repeat(250)}-1`],
  ['an id that is a "-"', 'Order--'],
  ['an id with more of "-"', 'Order-2024-01-31'],
  ['a character of two units', 'Möbel😀-Tisch😀'],
  ['SQL', "Order-1'; DROP TABLE events; --"],
  ['markup', 'Order-<img src=x onerror=alert(1)>'],
  ['names of object properties', '__proto__-constructor'],
  ['spaces, slashes and dots', 'Order- ../../etc/passwd '],
  ['the highest character', 'Order-\uffff'],
];

const callsByMethod: Readonly<Record<string, (store: EventStore, id: StreamId | string) => unknown>> = {
  appendToStream: (store, id) => store.appendToStream(id, AnyVersion, named('a')),
  appendToStreams: (store, id) => store.appendToStreams([{ streamId: id, expectedVersion: AnyVersion, events: named('a') }]),
  loadStream: (store, id) => store.loadStream(id),
  loadStreamFrom: (store, id) => store.loadStreamFrom(id, 1),
  loadStreamRange: (store, id) => store.loadStreamRange(id, 1, 1),
  readStream: (store, id) => toArray(store.readStream(id)),
  'readAll with a filter': (store, id) => toArray(store.readAll({ filter: { streams: [id] } })),
  subscribeToStream: async (store, id) => {
    throw await record(store.subscribeToStream(id)).untilError();
  },
  getStreamInfo: (store, id) => store.getStreamInfo(id),
  deleteStream: (store, id) => store.deleteStream(id, AnyVersion),
  truncateStream: (store, id) => store.truncateStream(id, 1),
  'snapshots.save': (store, id) => store.snapshots.save({ streamId: id, version: 1, data: 1 }),
  'snapshots.load': (store, id) => store.snapshots.load(id),
  'snapshots.delete': (store, id) => store.snapshots.delete(id),
};

export function streamIdRules({ group, rule }: Suite): void {
  group('stream ids', () => {
    for (const [why, id] of badStreams) {
      rule(`an append to a stream id that ${why} is refused with INVALID_STREAM_ID and writes nothing`, async (log) => {
        const store = await log.open();
        await assertFails(() => store.appendToStream(id as string, AnyVersion, named('a')), 'INVALID_STREAM_ID');
        assertEqual((await store.head()).position, 0, 'the head');
      });
    }

    for (const [method, call] of Object.entries(callsByMethod)) {
      rule(`${method} refuses a bad stream id with INVALID_STREAM_ID`, async (log) => {
        const store = await log.open();
        for (const id of ['Order', 'Order-', 'Order-\0', null] as string[]) {
          await assertFails(() => call(store, id), 'INVALID_STREAM_ID');
        }
      });
    }

    rule('a bad category is refused with INVALID_STREAM_ID wherever one is asked for', async (log) => {
      const store = await log.open();
      for (const category of ['', 'Order-Line', 'c'.repeat(251), 'Or\0der', '\ud83d', 1 as unknown as string]) {
        await assertFails(() => toArray(store.listStreams({ category })), 'INVALID_STREAM_ID');
        await assertFails(() => toArray(store.readAll({ filter: { categories: [category] } })), 'INVALID_STREAM_ID');
        await assertFails(Promise.reject(await record(store.subscribeToCategory(category)).untilError()), 'INVALID_STREAM_ID');
      }
    });

    for (const [why, name] of goodStreams) {
      rule(`a stream id may hold ${why}`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Other-1', AnyVersion, named('other'));
        await store.appendToStream(name, AnyVersion, named('a'));
        const dash = name.indexOf('-');
        const streamId = { category: name.slice(0, dash), id: name.slice(dash + 1) };
        assertEqual((await store.loadStream(name)).map((event) => event.streamId), [streamId], 'the streams of its events');
        assertEqual(await toArray(store.listStreams({ category: streamId.category })), [{ streamId, version: 1, deleted: false }], 'its listing');
      });
    }

    rule('the object and the string name the same stream, split at the first "-"', async (log) => {
      const store = await log.open();
      await store.appendToStream({ category: 'Order', id: 'a-b' }, AnyVersion, numbered(1));
      await store.appendToStream('Order-a-b', 1, numbered(1, 2));
      const loaded = await store.loadStream('Order-a-b');
      assertEqual(loaded, await store.loadStream({ category: 'Order', id: 'a-b' }), 'the stream by its object');
      assertEqual(loaded.map((event) => event.streamId), Array(2).fill({ category: 'Order', id: 'a-b' }), 'the stream ids');
    });

    rule('names that differ in case, in composition or in a blank are different streams', async (log) => {
      const store = await log.open();
      const names = ['Order-é', 'Order-e\u0301', 'order-é', 'Order-É', 'Order-é ', 'Order- é'];
      for (const name of names) await store.appendToStream(name, AnyVersion, named(name));
      for (const name of names) {
        assertEqual((await store.loadStream(name)).map(({ data }) => data), [{ name }], `the events of "${name}"`);
      }
    });
  });
}
