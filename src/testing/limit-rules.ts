import type { EventData } from '../event/event.ts';
import { AnyVersion } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { numbered } from './events.ts';
import type { Suite } from './suite.ts';

const KIB = 1024;
const MAX_EVENT_BYTES = 256 * KIB;
const MAX_BATCH_BYTES = 4 * KIB * KIB;
const MAX_BATCH_EVENTS = 10_000;
const MAX_DEPTH = 64;

const text = (length: number, character = 'x'): EventData => ({ type: 'Big', data: character.repeat(length) });

export function limitRules({ group, rule }: Suite): void {
  /** How many characters make an append meet its limit to the byte, as the error for too many of them tells. */
  const fill = async (store: EventStore, limit: number, tooMany: number, events: (length: number) => EventData[]): Promise<number> => {
    const error = await assertFails(() => store.appendToStream('Order-0', AnyVersion, events(tooMany)), 'EVENT_TOO_LARGE', { limit, unit: 'bytes' });
    return tooMany - ((error['actual'] as number) - limit);
  };

  group('limits', () => {
    rule('an event of 256 KiB is stored, and one byte more is EVENT_TOO_LARGE', async (log) => {
      const store = await log.open();
      const length = await fill(store, MAX_EVENT_BYTES, MAX_EVENT_BYTES, (tooMany) => [text(tooMany)]);
      assert(length > MAX_EVENT_BYTES - 100, `an event of 256 KiB holds only ${length} bytes of data`);
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, [...numbered(1), text(length + 1)]), 'EVENT_TOO_LARGE', {
        path: 'events[1]',
        actual: MAX_EVENT_BYTES + 1,
        limit: MAX_EVENT_BYTES,
      });
      assertEqual((await store.head()).position, 0, 'the head');
      await store.appendToStream('Order-1', AnyVersion, [text(length)]);
      assertEqual((await store.loadStream('Order-1'))[0]?.data, 'x'.repeat(length), 'the data');
    });

    for (const [character, bytes] of [['é', 2], ['€', 3], ['😀', 4], ['"', 2], ['\n', 2], ['\u0001', 6]] as const) {
      rule(`${JSON.stringify(character)} counts as the ${bytes} bytes it has in JSON in UTF-8`, async (log) => {
        const store = await log.open({ limits: { maxEventBytes: 1000 } });
        const error = await assertFails(() => store.appendToStream('Order-1', AnyVersion, [text(1000)]), 'EVENT_TOO_LARGE');
        const overhead = (error['actual'] as number) - 1000;
        const most = Math.floor((1000 - overhead) / bytes);
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, [text(most + 1, character)]), 'EVENT_TOO_LARGE', {
          actual: overhead + bytes * (most + 1),
        });
        await store.appendToStream('Order-1', AnyVersion, [text(most, character)]);
        assertEqual((await store.loadStream('Order-1')).map(({ data }) => data), [character.repeat(most)], 'the data');
      });
    }

    rule("an event's type and metadata count, and so does what the store's provider adds", async (log) => {
      const store = await log.open({ limits: { maxEventBytes: 1000 }, metadata: () => ({ custom: { a: 'x'.repeat(400) } }) });
      await store.appendToStream('Order-1', AnyVersion, [text(400)]);
      const large = { custom: { b: 'x'.repeat(300) } };
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, [{ ...text(400), metadata: large }]), 'EVENT_TOO_LARGE');
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, [{ ...text(400), type: 'x'.repeat(300) }]), 'EVENT_TOO_LARGE');
      assertEqual((await store.head()).position, 1, 'the head');
    });

    rule('an append of 4 MiB is stored whole, and one byte more is EVENT_TOO_LARGE', async (log) => {
      const store = await log.open();
      const events = (length: number): EventData[] => [
        ...Array.from({ length: 15 }, () => text(MAX_EVENT_BYTES - 100)),
        text(Math.floor(length / 2)),
        text(Math.ceil(length / 2)),
      ];
      const length = await fill(store, MAX_BATCH_BYTES, 400 * KIB, events);
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, events(length + 1)), 'EVENT_TOO_LARGE', {
        actual: MAX_BATCH_BYTES + 1,
        limit: MAX_BATCH_BYTES,
        unit: 'bytes',
      });
      assertEqual((await store.head()).position, 0, 'the head');
      assertEqual(await store.appendToStream('Order-1', AnyVersion, events(length)), { version: 17, globalPosition: 17, deduplicated: false }, 'the result');
      assertEqual((await store.loadStream('Order-1')).map(({ data }) => data), events(length).map(({ data }) => data), 'the data');
    });

    rule('10,000 events in an append are stored, and 10,001 are EVENT_TOO_LARGE', async (log) => {
      const store = await log.open();
      const fields = { actual: MAX_BATCH_EVENTS + 1, limit: MAX_BATCH_EVENTS, unit: 'events' };
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, numbered(MAX_BATCH_EVENTS + 1)), 'EVENT_TOO_LARGE', fields);
      const two = (events: number) => [
        { streamId: 'Order-1', expectedVersion: AnyVersion, events: numbered(5_000) },
        { streamId: 'Order-2', expectedVersion: AnyVersion, events: numbered(events) },
      ];
      await assertFails(() => store.appendToStreams(two(5_001)), 'EVENT_TOO_LARGE', fields);
      assertEqual((await store.head()).position, 0, 'the head');
      const results = await store.appendToStreams(two(5_000));
      assertEqual(results.map(({ globalPosition }) => globalPosition), [5_000, 10_000], 'the positions');
      const last = await store.loadStreamFrom('Order-2', 4_999);
      assertEqual(last.map((event) => [event.version, event.globalPosition, event.data]), [[4_999, 9_999, { n: 4_999 }], [5_000, 10_000, { n: 5_000 }]], 'the last events');
    });

    rule('data may be 64 levels deep; deeper, however deep, is INVALID_EVENT', async (log) => {
      const store = await log.open();
      const nested = (depth: number): unknown => {
        let data: unknown = [];
        for (let i = 1; i < depth; i++) data = i % 2 === 0 ? [data] : { a: data };
        return data;
      };
      await store.appendToStream('Order-1', AnyVersion, [{ type: 'Deep', data: nested(MAX_DEPTH) }]);
      assertEqual((await store.loadStream('Order-1'))[0]?.data, nested(MAX_DEPTH), 'the data');
      for (const depth of [MAX_DEPTH + 1, 1_000, 200_000]) {
        await assertFails(() => store.appendToStream('Order-1', AnyVersion, [{ type: 'Deep', data: nested(depth) }]), 'INVALID_EVENT');
      }
      assertEqual((await store.head()).position, 1, 'the head');
    });

    rule('limits are those that the store was opened with, and what was stored under higher ones can be read', async (log) => {
      const generous = await log.open({ limits: { maxEventBytes: 512 * KIB } });
      await generous.appendToStream('Order-1', AnyVersion, [text(400 * KIB)]);
      const strict = await log.open({ limits: { maxEventBytes: 100, maxBatchBytes: 500, maxBatchEvents: 8, maxJsonDepth: 2 } });
      assertEqual((await strict.loadStream('Order-1'))[0]?.data, 'x'.repeat(400 * KIB), 'the data');
      await strict.appendToStream('Order-2', AnyVersion, numbered(8));
      await assertFails(() => strict.appendToStream('Order-2', AnyVersion, numbered(9)), 'EVENT_TOO_LARGE', { actual: 9, limit: 8, unit: 'events' });
      await assertFails(() => strict.appendToStream('Order-2', AnyVersion, [text(100)]), 'EVENT_TOO_LARGE', { limit: 100 });
      await assertFails(() => strict.appendToStream('Order-2', AnyVersion, Array.from({ length: 7 }, () => text(80))), 'EVENT_TOO_LARGE', { limit: 500 });
      await assertFails(() => strict.appendToStream('Order-2', AnyVersion, [{ type: 'Deep', data: { a: { b: {} } } }]), 'INVALID_EVENT', { path: 'events[0].data.a.b' });
      assertEqual((await strict.head()).position, 9, 'the head');
    });
  });
}
