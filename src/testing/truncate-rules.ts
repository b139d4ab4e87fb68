import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual, assertFails } from './assert.ts';
import { identified, named, numbered, numbersOf, placesOf, range, toArray, versionsOf } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

/** How 600 events of a stream get into the log. */
const layouts: Readonly<Record<string, (store: EventStore) => Promise<unknown>>> = {
  'written in one append': (store) => store.appendToStream('Order-1', NoStream, numbered(600)),
  'written one by one': (store) => Promise.all(range(1, 600).map((n) => store.appendToStream('Order-1', AnyVersion, numbered(1, n)))),
  'written in turns with another stream': (store) =>
    Promise.all(range(1, 100).flatMap((n) => [store.appendToStream('Order-1', AnyVersion, numbered(6, n * 6 - 5)), store.appendToStream('Order-2', AnyVersion, numbered(3, n * 3 - 2))])),
};

export function truncateRules({ group, rule }: Suite): void {
  group('truncating a stream', () => {
    for (const [layout, write] of Object.entries(layouts)) {
      for (const beforeVersion of [2, 256, 257, 300, 600]) {
        rule(`of 600 events ${layout}, those before version ${beforeVersion} go and the rest stays as it was`, async (log) => {
          const [store, other] = [await log.open(), await log.open()];
          await write(store);
          const rest = (await store.loadStream('Order-1')).slice(beforeVersion - 1);
          const others = await store.loadStream('Order-2');
          const { position } = await store.head();
          assertEqual(await other.truncateStream('Order-1', beforeVersion), beforeVersion - 1, 'how many were erased');
          for (const handle of [store, other, await log.open()]) {
            assertEqual(await handle.loadStream('Order-1'), rest, 'the stream');
            assertEqual(await handle.loadStreamFrom('Order-1', 1), rest, 'the stream from its first version');
            assertEqual(versionsOf(await handle.loadStreamRange('Order-1', 2, 3)), versionsOf(rest).slice(0, 3), 'three of it');
            assertEqual((await toArray(handle.readStream('Order-1', { direction: 'backwards' }))).reverse(), rest, 'the stream backwards');
            assertEqual((await toArray(handle.readAll())).filter(({ streamId }) => streamId.id === '1'), rest, 'the log');
            assertEqual((await toArray(handle.readAll({ direction: 'backwards', filter: { streams: ['Order-1'] } }))).reverse(), rest, 'the log backwards');
            assertEqual(await handle.loadStream('Order-2'), others, 'the other stream');
            assertEqual((await handle.getStreamInfo('Order-1'))?.version, 600, 'the version');
            assertEqual((await handle.head()).position, position, 'the head');
          }
          const fresh = await log.open();
          assertEqual(await record(fresh.subscribeToStream('Order-1')).untilCount(rest.length), rest, 'a subscription to the stream');
          assertEqual((await record(fresh.subscribeToAll(0)).untilCount(rest.length + others.length)).length, rest.length + others.length, 'a subscription to all');
          assertEqual(await store.appendToStream('Order-1', 600, numbered(1)), { version: 601, globalPosition: position + 1, deduplicated: false }, 'the next append');
        });
      }
    }

    rule('doing it twice, or further and further, erases each event once', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(300));
      const erased: number[] = [];
      for (const beforeVersion of [1, 10, 10, 5, 100, 300, 300]) erased.push(await store.truncateStream('Order-1', beforeVersion));
      assertEqual(erased, [0, 9, 0, 0, 90, 200, 0], 'how many were erased');
      assertEqual(numbersOf(await store.loadStream('Order-1')), [300], 'the stream');
    });

    rule('a stream whose events are all erased still exists, at its version', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(5));
      await store.appendToStream('Order-1', 5, numbered(5));
      assertEqual(await store.truncateStream('Order-1', 1_000), 10, 'how many were erased');
      for (const handle of [store, await log.open()]) {
        assertEqual(await handle.loadStream('Order-1'), [], 'the stream');
        assertEqual(await toArray(handle.readStream('Order-1', { direction: 'backwards' })), [], 'the stream backwards');
        assertEqual(await toArray(handle.readAll()), [], 'the log');
        const info = await handle.getStreamInfo('Order-1');
        assertEqual([info?.version, info?.deleted], [10, false], 'version and deleted');
        assertEqual((await toArray(handle.listStreams())).map(({ version }) => version), [10], 'the versions of the streams');
        await assertFails(() => handle.appendToStream('Order-1', NoStream, numbered(1)), 'CONCURRENCY_CONFLICT', { actualVersion: 10 });
      }
      const live = record((await log.open()).subscribeToStream('Order-1'));
      await store.appendToStream('Order-1', StreamExists, numbered(1, 11));
      await store.appendToStream('Order-1', 11, numbered(1, 12));
      assertEqual(versionsOf(await store.loadStream('Order-1')), [11, 12], 'the versions');
      assertEqual(numbersOf(await live.untilCount(2)), [11, 12], 'a subscription');
    });

    rule('of a stream that does not exist, or that was deleted, erases nothing', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(3));
      await store.deleteStream('Order-1', 3);
      for (const id of ['Order-1', 'Order-2']) assertEqual(await store.truncateStream(id, 100), 0, 'how many were erased');
      assertEqual(placesOf(await toArray(store.readAll())), ['Order-1@4'], 'the log');
      assertEqual(await store.getStreamInfo('Order-2'), undefined, 'the stream that does not exist');
      await assertFails(() => store.loadStream('Order-1'), 'STREAM_DELETED');
    });

    rule('what is left of an append can be repeated, and is known by its ids', async (log) => {
      const store = await log.open();
      const events = identified(6);
      await store.appendToStream('Order-1', NoStream, events);
      await store.truncateStream('Order-1', 4);
      assertEqual(await store.appendToStream('Order-1', AnyVersion, events.slice(3)), { version: 6, globalPosition: 6, deduplicated: true }, 'the result');
      assertEqual((await store.head()).position, 6, 'the head');
    });

    rule('a stream can be deleted after it was truncated', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(300));
      await store.truncateStream('Order-1', 200);
      assertEqual((await store.deleteStream('Order-1', 300)).version, 301, 'the version of the tombstone');
      assertEqual(placesOf(await toArray(store.readAll())), ['Order-1@301'], 'the log');
    });

    rule('live subscriptions go on', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const recordings = [store, other].flatMap((handle) => [record(handle.subscribeToAll(0)), record(handle.subscribeToStream('Order-1'))]);
      await store.appendToStream('Order-1', NoStream, numbered(3));
      for (const each of recordings) await each.untilCount(3);
      await store.truncateStream('Order-1', 3);
      await other.appendToStream('Order-1', 3, named('after'));
      for (const each of recordings) assertEqual(placesOf(await each.untilCount(4)), range(1, 4).map((n) => `Order-1@${n}`), 'what was delivered');
    });
  });
}
