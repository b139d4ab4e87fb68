import { AnyVersion, NoStream } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, numbersOf, range, toArray, versionsOf } from './events.ts';
import type { LogUnderTest, Suite } from './suite.ts';

/** Stream Order-1 with versions 1 to 9, in commits of 2, 3 and 4, each next to commits of other streams. */
async function openWithNine(log: LogUnderTest): Promise<EventStore> {
  const store = await log.open();
  await store.appendToStream('Order-0', NoStream, numbered(2, 900));
  await store.appendToStream('Order-1', NoStream, numbered(2));
  await store.appendToStreams([
    { streamId: 'Order-2', expectedVersion: NoStream, events: numbered(3, 900) },
    { streamId: 'Order-1', expectedVersion: 2, events: numbered(3, 3) },
    { streamId: 'Order-10', expectedVersion: NoStream, events: numbered(3, 900) },
  ]);
  await Promise.all([
    store.appendToStream('Order-2', AnyVersion, numbered(2, 903)),
    store.appendToStream('Order-1', AnyVersion, numbered(4, 6)),
    store.appendToStream('Order-3', AnyVersion, numbered(2, 900)),
  ]);
  return store;
}

const badNumbers: readonly number[] = [-1, 1.5, NaN, -Infinity, Number.MAX_SAFE_INTEGER + 1, '1' as unknown as number, null as unknown as number];

export function readStreamRules({ group, rule }: Suite): void {
  group('loading and reading a stream', () => {
    rule('a stream that does not exist is empty, however it is read', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-10', AnyVersion, numbered(2));
      for (const id of ['Order-1', 'Order-100', 'Orde-10', 'Orders-10']) {
        assertEqual(await store.loadStream(id), [], 'loadStream');
        assertEqual(await store.loadStreamFrom(id, 1), [], 'loadStreamFrom');
        assertEqual(await store.loadStreamRange(id, 1, 10), [], 'loadStreamRange');
        assertEqual(await toArray(store.readStream(id)), [], 'readStream');
        assertEqual(await toArray(store.readStream(id, { direction: 'backwards' })), [], 'readStream backwards');
        assertEqual(await store.getStreamInfo(id), undefined, 'getStreamInfo');
      }
    });

    rule('loadStream gives all events of the stream in order, and no other', async (log) => {
      const store = await openWithNine(log);
      const events = await store.loadStream('Order-1');
      assertEqual(numbersOf(events), range(1, 9), 'the data');
      assertEqual(versionsOf(events), range(1, 9), 'the versions');
      assertEqual(events.map(({ streamId }) => streamId), Array(9).fill({ category: 'Order', id: '1' }), 'the stream ids');
    });

    rule('loadStreamFrom includes the version it starts from', async (log) => {
      const store = await openWithNine(log);
      for (const from of range(1, 9)) assertEqual(versionsOf(await store.loadStreamFrom('Order-1', from)), range(from, 9), `from ${from}`);
      for (const from of [10, 11, 1_000_000, Number.MAX_SAFE_INTEGER]) assertEqual(await store.loadStreamFrom('Order-1', from), [], `from ${from}`);
    });

    rule('loadStreamRange gives at most count events, from the first version on', async (log) => {
      const store = await openWithNine(log);
      for (const from of range(1, 10)) {
        for (const count of [0, 1, 2, 5, 9, 10, 1_000_000]) {
          const expected = range(1, 9).filter((version) => version >= from && version < from + count);
          assertEqual(versionsOf(await store.loadStreamRange('Order-1', from, count)), expected, `from ${from}, ${count} events`);
        }
      }
    });

    rule('readStream goes forwards from the beginning, or from a version, inclusive', async (log) => {
      const store = await openWithNine(log);
      assertEqual(versionsOf(await toArray(store.readStream('Order-1'))), range(1, 9), 'all');
      for (const fromVersion of range(1, 9)) {
        assertEqual(versionsOf(await toArray(store.readStream('Order-1', { fromVersion, count: 3 }))), range(fromVersion, Math.min(9, fromVersion + 2)), `from ${fromVersion}`);
      }
    });

    rule('readStream goes backwards from the end, or from a version, inclusive', async (log) => {
      const store = await openWithNine(log);
      const direction = 'backwards';
      assertEqual(versionsOf(await toArray(store.readStream('Order-1', { direction }))), range(9, 1), 'all');
      assertEqual(versionsOf(await toArray(store.readStream('Order-1', { direction, count: 4 }))), range(9, 6), 'the last 4');
      for (const fromVersion of range(1, 9)) {
        assertEqual(versionsOf(await toArray(store.readStream('Order-1', { direction, fromVersion }))), range(fromVersion, 1), `from ${fromVersion}`);
        assertEqual(versionsOf(await toArray(store.readStream('Order-1', { direction, fromVersion, count: 1 }))), [fromVersion], `one from ${fromVersion}`);
      }
      assertEqual(versionsOf(await toArray(store.readStream('Order-1', { direction, fromVersion: 1_000 }))), range(9, 1), 'from beyond the end');
    });

    rule('a version, a position or a count that is no whole number from 0 is INVALID_VERSION', async (log) => {
      const store = await openWithNine(log);
      for (const bad of badNumbers) {
        await assertFails(() => store.loadStreamFrom('Order-1', bad), 'INVALID_VERSION', { argument: 'fromVersion', value: bad });
        await assertFails(() => store.loadStreamRange('Order-1', bad, 1), 'INVALID_VERSION', { argument: 'fromVersion', value: bad });
        await assertFails(() => store.loadStreamRange('Order-1', 1, bad), 'INVALID_VERSION', { argument: 'count', value: bad });
        await assertFails(() => toArray(store.readStream('Order-1', { fromVersion: bad })), 'INVALID_VERSION', { argument: 'fromVersion' });
        await assertFails(() => toArray(store.readAll({ fromPosition: bad })), 'INVALID_VERSION', { argument: 'fromPosition' });
        await assertFails(() => toArray(store.readAll({ count: bad, direction: 'backwards' })), 'INVALID_VERSION', { argument: 'count' });
        await assertFails(() => store.truncateStream('Order-1', bad), 'INVALID_VERSION', { argument: 'beforeVersion' });
      }
    });

    rule('an append that was acknowledged is in every read that begins after it, from any handle', async (log) => {
      const handles = [await log.open(), await log.open(), await log.open()];
      for (let version = 1; version <= 15; version++) {
        await handles[version % 3]!.appendToStream('Order-1', version - 1, named(String(version)));
        for (const handle of handles) assertEqual(versionsOf(await handle.loadStream('Order-1')), range(1, version), 'the versions');
        for (const handle of handles) assertEqual((await handle.getStreamInfo('Order-1'))?.version, version, 'the version');
        for (const handle of handles) assertEqual((await handle.head()).position, version, 'the head');
      }
    });

    rule('a reader that stops early leaves the store usable', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(1_500));
      for (let i = 0; i < 3; i++) {
        for await (const event of store.readStream('Order-1')) if (event.version === 700) break;
        for await (const event of store.readAll({ direction: 'backwards' })) if (event.version === 700) break;
      }
      assertEqual((await store.appendToStream('Order-1', 1_500, numbered(1))).version, 1_501, 'the version');
      assertEqual((await store.loadStream('Order-1')).length, 1_501, 'how many events there are');
    });
  });
}
