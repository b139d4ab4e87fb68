import type { EventData } from '../event/event.ts';
import { newIdBase } from '../event/event-id.ts';
import { AnyVersion } from '../event/version.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { openLog } from './documents.ts';
import { numbered } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const cycle: Record<string, unknown> = {};
cycle['self'] = { cycle };

/** What JSON would lose or change, or what could harm a reader; with the path that the error names. */
const badData: readonly [what: string, path: string, data: unknown][] = [
  ['no data', '', undefined],
  ['a function', '.f', { f: () => 0 }],
  ['a function in an array', '.a[1]', { a: [1, () => 0] }],
  ['a symbol', '.s', { s: Symbol('s') }],
  ['undefined in an array', '.a[2]', { a: [1, null, undefined] }],
  ['a hole in an array', '.a[1]', { a: [1, , 3] }], // oxlint-disable-line no-sparse-arrays
  ['NaN', '.a.b', { a: { b: NaN } }],
  ['infinity', '.a.b', { a: { b: Infinity } }],
  ['minus infinity', '[0]', [-Infinity]],
  ['a BigInt', '.n', { n: 1n }],
  ['a Map', '.m', { m: new Map([['a', 1]]) }],
  ['a Set', '.m', { m: new Set([1]) }],
  ['binary data', '.bytes', { bytes: new Uint8Array(3) }],
  ['a buffer', '.bytes', { bytes: new ArrayBuffer(3) }],
  ['a regular expression', '.r', { r: /x/ }],
  ['an error', '.e', { e: new Error('x') }],
  ['a promise', '.p', { p: Promise.resolve(1) }],
  ['a boxed string', '.s', { s: new String('x') }],
  ['an own __proto__ from JSON.parse', '.__proto__', JSON.parse('{"__proto__":{"polluted":true}}')],
  ['an own __proto__ deep inside', '.a[0].__proto__', JSON.parse('{"a":[{"__proto__":1}]}')],
  ['the key constructor', '.a.constructor', { a: { constructor: { prototype: { polluted: true } } } }],
  ['the key prototype', '.prototype', { prototype: 1 }],
  ['a bad key in what toJSON gives', '.x.__proto__', { x: { toJSON: () => JSON.parse('{"__proto__":1}') } }],
  ['a key with a space on the way', '.a b.c', { 'a b': { c: NaN } }],
];

export function payloadRules({ group, rule }: Suite): void {
  group('data that cannot be stored', () => {
    for (const [what, path, data] of badData) {
      rule(`${what}, in event 3 of 5, is INVALID_EVENT, names its path, and stores none of the 5`, async (log) => {
        const store = await log.open();
        const events: EventData[] = numbered(5);
        events[2] = { type: 'Bad', data };
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, events), 'INVALID_EVENT', { path: `events[2].data${path}` });
        assertEqual((await store.head()).position, 0, 'the head');
        assertEqual(await store.getStreamInfo('Order-1'), undefined, 'the stream');
        // The store is none the worse for it.
        assertEqual(await store.appendToStream('Order-1', 0, numbered(1)), { version: 1, globalPosition: 1, deduplicated: false }, 'the next append');
      });
    }

    rule('data that contains itself is INVALID_EVENT', async (log) => {
      const store = await log.open();
      const array: unknown[] = [];
      array.push(array);
      for (const data of [cycle, array]) {
        const error = await assertFails(() => store.appendToStream('Order-1', AnyVersion, [{ type: 'Bad', data }]), 'INVALID_EVENT');
        assert((error['path'] as string).startsWith('events[0].data'), `the path is ${error['path']}`);
      }
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('a getter or a toJSON that throws is INVALID_EVENT, with what it threw as the cause', async (log) => {
      const store = await log.open();
      const thrown = new Error('thrown by the data');
      const data = [
        {
          get a(): never {
            throw thrown;
          },
        },
        {
          toJSON(): never {
            throw thrown;
          },
        },
      ];
      for (const bad of data) {
        const error = await assertFails(() => store.appendToStream('Order-1', AnyVersion, [...numbered(1), { type: 'Bad', data: bad }]), 'INVALID_EVENT', { path: 'events[1].data' });
        assertEqual(error.cause, thrown, 'the cause');
      }
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('data of a snapshot is held to the same rules', async (log) => {
      const store = await log.open();
      for (const [, path, data] of badData) {
        await assertFails(() => store.snapshots.save({ streamId: 'Order-1', version: 1, data }), 'INVALID_EVENT', { path: `snapshot.data${path}` });
      }
      assertEqual(await store.snapshots.load('Order-1'), undefined, 'the snapshot');
    });

    rule('reading an event pollutes no prototype', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'A', data: { hasOwnProperty: 1, valueOf: 2 }, metadata: { custom: { toString: 'x' } } }]);
      await record(store.subscribeToAll(0)).untilCount(1);
      assertEqual(({} as Record<string, unknown>)['polluted'], undefined, 'Object.prototype');
      assertEqual((await store.loadStream('Order-1'))[0]?.data, { hasOwnProperty: 1, valueOf: 2 }, 'the data');
    });

    rule('the JSON text of an event is kept to the letter: the order of keys, numbers that JavaScript cannot hold, escapes', async (log) => {
      const handle = await openLog(log);
      const data = ['{"b":1,"a":2,"10":3,"9":4}', '[1e400,-0,0.10,1E2,12345678901234567890,5e-324]', '"\\u0000\\ud83d\\u00e9/\\/"', '{"a":{"a":[{"a":"{\\"[,]"}]}}', '"~ \ue000"'];
      const types = data.map((_, i) => `Type ${i}`);
      const batch = { stream: 'Order-1', count: data.length, timestamp: 1, idBase: newIdBase(1), events: `[${data.map((text, i) => `["${types[i]}",${text}]`).join(',')}]` };
      await handle.commit([{ writes: [{ stream: 'Order-1', expectedVersion: AnyVersion, batches: [batch] }], ids: [] }]);
      for (const read of [await handle.readStream('Order-1', { from: 1, limit: 9, direction: 'forwards' }), await (await openLog(log)).readAll({ from: 1, limit: 9, direction: 'forwards' })]) {
        const text = read.batches.map(({ events }) => events).join();
        for (const [i, kept] of data.entries()) assert(text.includes(`"${types[i]}",${kept}`), `${kept} is not in ${text}`);
      }
    });

    rule('the type of an event may hold any character', async (log) => {
      const store = await log.open();
      const types = ['Größe geändert', '注文😀', 'a\0b', 'x\ud83dy', '\ue000', '\ue0000000', '~007e', '"\\', ' '];
      await store.appendToStream('Order-1', AnyVersion, types.map((type) => ({ type, data: null, metadata: { correlationId: type } })));
      const events = await (await log.open()).loadStream('Order-1');
      assertEqual(events.map(({ type }) => type), types, 'the types');
      assertEqual(events.map(({ metadata }) => metadata.correlationId), types, 'the metadata');
    });

    rule('a refused append refuses nothing of its neighbours in the same tick', async (log) => {
      const store = await log.open();
      const outcomes = await Promise.allSettled([
        store.appendToStream('Order-1', 0, numbered(1)),
        store.appendToStream('Order-1', 1, [{ type: 'Bad', data: NaN }]),
        store.appendToStream('Order-1', 1, numbered(1, 2)),
      ]);
      assertEqual(outcomes.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'], 'the outcomes');
    });
  });
}
