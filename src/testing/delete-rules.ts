import { StreamDeleted, type StoredEvent } from '../event/event.ts';
import { isStreamDeleted } from '../event/tombstone.ts';
import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, placesOf, positionsOf, range, toArray, typesOf } from './events.ts';
import { record } from './recording.ts';
import type { LogUnderTest, Suite } from './suite.ts';

/** Order-1 with 3 events at positions 1, 3 and 4, among others, and deleted: its tombstone is at position 6. */
async function openWithDeleted(log: LogUnderTest): Promise<EventStore> {
  const store = await log.open();
  await store.appendToStreams([
    { streamId: 'Order-1', expectedVersion: NoStream, events: named('secret 1') },
    { streamId: 'Order-2', expectedVersion: NoStream, events: named('kept') },
  ]);
  await store.appendToStream('Order-1', 1, [...named('secret 2'), ...named('secret 3')]);
  await store.appendToStream('Order-2', 1, named('kept'));
  const result = await store.deleteStream('Order-1', 3);
  assertEqual(result, { version: 4, globalPosition: 6, deduplicated: false }, 'the result of the deletion');
  return store;
}

export function deleteRules({ group, rule }: Suite): void {
  group('deleting a stream', () => {
    rule('its payloads are gone from the log, a tombstone stands at the end, and positions stay', async (log) => {
      const store = await openWithDeleted(log);
      for (const handle of [store, await log.open()]) {
        const events = await toArray(handle.readAll());
        assertEqual(positionsOf(events), [2, 5, 6], 'the positions');
        assertEqual(placesOf(events), ['Order-2@1', 'Order-2@2', 'Order-1@4'], 'the places');
        const tombstone = events[2]!;
        assertEqual([tombstone.type, tombstone.data, isStreamDeleted(tombstone)], [StreamDeleted, {}, true], 'the tombstone');
        assertEqual(positionsOf(await toArray(handle.readAll({ direction: 'backwards' }))), [6, 5, 2], 'the positions backwards');
        assertEqual(positionsOf(await toArray(handle.readAll({ fromPosition: 3, count: 2 }))), [5, 6], 'two from within what is gone');
        assertEqual(await record(handle.subscribeToAll(0)).untilCount(3), events, 'a subscription');
        assertEqual(typesOf(await toArray(handle.readAll({ filter: { categories: ['Order'], types: [StreamDeleted] } }))), [StreamDeleted], 'a filter by type');
        const file = await new Response(handle.exportEvents()).text();
        assertEqual(file.includes('secret'), false, 'whether an export holds a payload');
      }
      assertEqual((await store.appendToStream('Order-2', 2, named('kept'))).globalPosition, 7, 'the position of the next event');
    });

    const uses: Readonly<Record<string, (store: EventStore) => unknown>> = {
      appendToStream: (store) => store.appendToStream('Order-1', AnyVersion, named('a')),
      'appendToStream with NoStream': (store) => store.appendToStream('Order-1', NoStream, named('a')),
      'appendToStream with its last version': (store) => store.appendToStream('Order-1', 4, named('a')),
      'appendToStreams, as a check': (store) =>
        store.appendToStreams([{ streamId: 'Order-1', expectedVersion: 4, events: [] }, { streamId: 'Order-9', expectedVersion: AnyVersion, events: named('a') }]),
      loadStream: (store) => store.loadStream('Order-1'),
      'loadStreamFrom of its first version': (store) => store.loadStreamFrom('Order-1', 1),
      'loadStreamFrom of a version after its last': (store) => store.loadStreamFrom('Order-1', 5),
      loadStreamRange: (store) => store.loadStreamRange('Order-1', 2, 2),
      readStream: (store) => toArray(store.readStream('Order-1')),
      'readStream backwards': (store) => toArray(store.readStream('Order-1', { direction: 'backwards' })),
      'readStream backwards from its first version': (store) => toArray(store.readStream('Order-1', { direction: 'backwards', fromVersion: 1 })),
      subscribeToStream: async (store) => {
        throw await record(store.subscribeToStream('Order-1')).untilError();
      },
      'subscribeToStream after its last version': async (store) => {
        throw await record(store.subscribeToStream('Order-1', 4)).untilError();
      },
      'subscribeToStream after a later version': async (store) => {
        throw await record(store.subscribeToStream('Order-1', 100)).untilError();
      },
      deleteStream: (store) => store.deleteStream('Order-1', AnyVersion),
    };
    for (const [use, call] of Object.entries(uses)) {
      rule(`${use} of a deleted stream is STREAM_DELETED, on every handle, and after the log was opened again`, async (log) => {
        const store = await openWithDeleted(log);
        const other = await log.open();
        for (const handle of [store, other]) await assertFails(() => call(handle), 'STREAM_DELETED', { streamId: 'Order-1' });
        await Promise.all([store.close(), other.close()]);
        const again = await log.open();
        await assertFails(() => call(again), 'STREAM_DELETED', { streamId: 'Order-1' });
        assertEqual((await again.head()).position, 6, 'the head');
      });
    }

    rule('an expected version that is not met is CONCURRENCY_CONFLICT and deletes nothing', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(3));
      for (const expectedVersion of [NoStream, 1, 2, 4]) {
        await assertFails(() => store.deleteStream('Order-1', expectedVersion), 'CONCURRENCY_CONFLICT', { streamId: 'Order-1', expectedVersion, actualVersion: 3 });
      }
      for (const expectedVersion of [StreamExists, 1]) {
        await assertFails(() => store.deleteStream('Order-2', expectedVersion), 'CONCURRENCY_CONFLICT', { actualVersion: 0 });
      }
      assertEqual((await store.loadStream('Order-1')).length, 3, 'how many events there are');
      assertEqual((await store.head()).position, 3, 'the head');
    });

    rule('StreamExists and AnyVersion delete a stream at any version', async (log) => {
      const store = await log.open();
      for (const [i, expectedVersion] of [StreamExists, AnyVersion].entries()) {
        await store.appendToStream(`Order-${i}`, NoStream, numbered(2 + i));
        assertEqual((await store.deleteStream(`Order-${i}`, expectedVersion)).version, 3 + i, 'the version of the tombstone');
      }
    });

    rule('a stream that never was can be deleted, so that its name is never used', async (log) => {
      const store = await log.open();
      assertEqual(await store.deleteStream('Order-1', NoStream), { version: 1, globalPosition: 1, deduplicated: false }, 'the result');
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, numbered(1)), 'STREAM_DELETED');
      assertEqual(typesOf(await toArray(store.readAll())), [StreamDeleted], 'the log');
    });

    rule('other streams keep everything, also in commits that they shared with it', async (log) => {
      const store = await log.open();
      const both = (n: number) => ['Order-1', 'Order-10'].map((streamId) => ({ streamId, expectedVersion: AnyVersion, events: numbered(n) }));
      for (const n of [1, 2, 300]) await store.appendToStreams(both(n));
      await Promise.all(range(1, 100).flatMap((n) => ['Order-1', 'Order-10'].map((id) => store.appendToStream(id, AnyVersion, numbered(1, n)))));
      const kept = await store.loadStream('Order-10');
      await store.deleteStream('Order-1', 403);
      for (const handle of [store, await log.open()]) {
        assertEqual(await handle.loadStream('Order-10'), kept, 'the other stream');
        assertEqual((await toArray(handle.readAll())).slice(0, -1), kept, 'the log before the tombstone');
        assertEqual((await record(handle.subscribeToCategory('Order')).untilCount(404)).slice(0, -1), kept, 'a subscription');
      }
      assertEqual((await store.appendToStream('Order-10', 403, numbered(1))).version, 404, 'the next version of the other stream');
    });

    rule('live subscriptions to all and to the category get the tombstone, and one to the stream ends with STREAM_DELETED', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const all = [store, other].map((handle) => record(handle.subscribeToAll(0)));
      const category = [store, other].map((handle) => record(handle.subscribeToCategory('Order')));
      const stream = [store, other].map((handle) => record(handle.subscribeToStream('Order-1')));
      const neighbour = [store, other].map((handle) => record(handle.subscribeToStream('Order-2')));
      await store.appendToStream('Order-1', NoStream, numbered(2));
      for (const each of stream) await each.untilCount(2);
      for (const each of [...all, ...category]) await each.untilCount(2);
      await store.deleteStream('Order-1', 2);
      await store.appendToStream('Order-2', NoStream, numbered(1));
      for (const each of stream) await assertFails(Promise.reject(await each.untilError()), 'STREAM_DELETED', { streamId: 'Order-1' });
      for (const each of [...all, ...category]) {
        assertEqual(placesOf(await each.untilCount(4)), ['Order-1@1', 'Order-1@2', 'Order-1@3', 'Order-2@1'], 'what was delivered');
        assertEqual(isStreamDeleted(each.values[2] as StoredEvent), true, 'whether the third is the tombstone');
      }
      for (const each of neighbour) assertEqual(placesOf(await each.untilCount(1)), ['Order-2@1'], 'what a subscription to another stream got');
    });

    rule('of an append and a deletion that expect the same version exactly one wins', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      for (const n of range(1, 6)) {
        const id = `Order-${n}`;
        await a.appendToStream(id, NoStream, numbered(1));
        const [append, deletion] = await Promise.allSettled([a.appendToStream(id, 1, numbered(1)), b.deleteStream(id, 1)]);
        const info = await a.getStreamInfo(id);
        if (append.status === 'fulfilled') {
          assertEqual([deletion.status, info?.deleted, info?.version], ['rejected', false, 2], 'after an append that won');
          await assertFails(Promise.reject((deletion as PromiseRejectedResult).reason), 'CONCURRENCY_CONFLICT', { actualVersion: 2 });
        } else {
          assertEqual([deletion.status, info?.deleted, info?.version], ['fulfilled', true, 2], 'after a deletion that won');
          await assertFails(Promise.reject(append.reason), 'STREAM_DELETED');
        }
      }
    });

    rule('its snapshots are gone as well', async (log) => {
      const store = await log.open();
      for (const streamId of ['Order-1', 'Order-10']) {
        await store.appendToStream(streamId, NoStream, numbered(2));
        await store.snapshots.save({ streamId, version: 2, data: 'secret' });
        await store.snapshots.save({ streamId, version: 2, data: 'secret', reducerVersion: 2 });
      }
      await store.deleteStream('Order-1', 2);
      assertEqual(await store.snapshots.load('Order-1'), undefined, 'the snapshot');
      assertEqual(await store.snapshots.load('Order-1', 2), undefined, 'the snapshot of a reducer version');
      assertEqual((await store.snapshots.load('Order-10', 2))?.data, 'secret', 'the snapshot of another stream');
    });
  });
}
