import { ExtensionCodec, decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { messagePackSerializer } from './message-pack.ts';

const roundTrip = async (data: unknown, serializer = messagePackSerializer()): Promise<unknown> => {
  const store = await openEventStore({ storage: memoryStorage(), serializer });
  await store.appendToStream('Order-1', 0, [{ type: 'A', data }]);
  return (await store.loadStream('Order-1'))[0]!.data;
};

describe('the MessagePack serializer', () => {
  it('keeps what JSON cannot hold, and what it can', async () => {
    const data = {
      date: new Date(1_700_000_000_123),
      bytes: new Uint8Array([0, 1, 255]),
      big: 12n,
      largest: 2n ** 64n - 1n,
      least: -(2n ** 63n),
      notANumber: NaN,
      infinite: Infinity,
      whole: 2 ** 40,
      text: 'é😀',
      nothing: null,
      list: [1, 'a', [true]],
    };
    expect(await roundTrip(data)).toEqual(data);
    expect(await roundTrip('text')).toBe('text');
  });

  it('leaves out a property that is undefined', async () => {
    expect(await roundTrip({ a: 1, b: undefined })).toEqual({ a: 1 });
  });

  const cycle: Record<string, unknown> = {};
  cycle['self'] = { cycle };
  it.each([
    ['a function', { f: () => 1 }, /data\.f is function/],
    ['a symbol', [Symbol('a')], /data\[0\] is symbol/],
    ['undefined in an array', { list: [1, undefined] }, /data\.list\[1\] is undefined/],
    ['a bigint of more than 64 bits', { n: 2n ** 64n }, /data\.n has more than 64 bits/],
    ['an invalid date', { at: [new Date(NaN)] }, /data\.at\[0\] is an invalid date/],
    ['half of a surrogate pair', { t: `${'a'.repeat(300)}\ud800` }, /data\.t has half of a surrogate pair/],
    ['half of a surrogate pair in a key', { a: { ['\udc00']: 1 } }, /data\.a has a key with half/],
    ['a map', { m: new Map([[1, 2]]) }, /data\.m is \[object Map\]/],
    ['a cycle', cycle, /events\[0\]\.data\.self\.cycle/],
    ['a forbidden key', { a: JSON.parse('{"__proto__":1}') }, /events\[0\]\.data\.a\.__proto__/],
  ])('refuses %s, and nothing is written', async (_, data, message) => {
    const store = await openEventStore({ storage: memoryStorage(), serializer: messagePackSerializer() });
    const appending = store.appendToStream('Order-1', 0, [{ type: 'A', data: 1 }, { type: 'A', data }].slice(1));
    await expect(appending).rejects.toMatchObject({ code: 'INVALID_EVENT', message: expect.stringMatching(message) });
    expect((await store.head()).position).toBe(0);
  });

  it('takes extensions for classes of an application', async () => {
    class Money {
      cents: number;
      constructor(cents: number) {
        this.cents = cents;
      }
    }
    const extensionCodec = new ExtensionCodec();
    extensionCodec.register({
      type: 1,
      encode: (value) => (value instanceof Money ? encode(value.cents) : null),
      decode: (bytes) => new Money(decode(bytes) as number),
    });
    expect(await roundTrip({ price: new Money(250) }, messagePackSerializer({ extensionCodec }))).toEqual({ price: new Money(250) });
  });

  it('reads events that were written as JSON before', async () => {
    const storage = memoryStorage();
    await (await openEventStore({ storage })).appendToStream('Order-1', 0, [{ type: 'A', data: { n: 1 } }]);
    const store = await openEventStore({ storage, serializer: messagePackSerializer() });
    await store.appendToStream('Order-1', 1, [{ type: 'A', data: { n: 2n } }]);
    expect((await store.loadStream('Order-1')).map(({ data }) => data)).toEqual([{ n: 1 }, { n: 2n }]);
  });
});
