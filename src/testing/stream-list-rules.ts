import { AnyVersion, NoStream } from '../event/version.ts';
import type { EventStore, ListStreamsOptions } from '../store/event-store.ts';
import { assertEqual } from './assert.ts';
import { named, numbered, range, toArray } from './events.ts';
import type { Suite } from './suite.ts';

export function streamListRules({ group, rule }: Suite): void {
  const list = async (store: EventStore, options?: ListStreamsOptions): Promise<string[]> =>
    (await toArray(store.listStreams(options))).map(({ streamId, version, deleted }) => `${streamId.category}-${streamId.id}@${version}${deleted ? ' deleted' : ''}`);

  group('listing streams', () => {
    rule('an empty log has no streams', async (log) => {
      const store = await log.open();
      assertEqual(await list(store), [], 'all');
      assertEqual(await list(store, { category: 'Order', includeDeleted: true }), [], 'of a category');
    });

    rule('streams come once each, with their versions, in the order of their names by UTF-16 units', async (log) => {
      const store = await log.open();
      const names = ['b-1', 'a-2', 'a-10', 'a-1', 'Z-1', 'a-1-x', 'ä-1', 'a-\uffff', 'a-😀', 'a- '];
      for (const [i, name] of [...names, ...names].entries()) await store.appendToStream(name, AnyVersion, numbered(1 + (i % 2)));
      const versions = new Map(names.map((name, i) => [name, 2 * (1 + (i % 2))]));
      const sorted = names.toSorted((a, b) => (a < b ? -1 : 1));
      for (const handle of [store, await log.open()]) assertEqual(await list(handle), sorted.map((name) => `${name}@${versions.get(name)}`), 'the streams');
    });

    rule('a category lists its own streams, and none of one whose name begins alike', async (log) => {
      const store = await log.open();
      const names = ['Order-1', 'Order--', 'Order-1-2', 'Order-Order-1', 'Orders-1', 'Order.-1', 'Order -1', 'Orde-r-1', 'order-1', 'Order\u0001-1', 'Order\uffff-1', 'Order,-1'];
      for (const name of names) await store.appendToStream(name, NoStream, named('a'));
      assertEqual(await list(store, { category: 'Order' }), ['Order--@1', 'Order-1@1', 'Order-1-2@1', 'Order-Order-1@1'], 'the streams of Order');
      for (const name of names.slice(4)) {
        assertEqual(await list(store, { category: name.slice(0, name.indexOf('-')) }), [`${name}@1`], `the streams of the category of ${name}`);
      }
      assertEqual(await list(store, { category: 'Ord' }), [], 'the streams of a category that has none');
    });

    rule('more streams than a page are listed whole, alone and by category', async (log) => {
      const store = await log.open();
      const names = range(1, 520).map((n) => `Even-${String(n).padStart(3, '0')}`);
      await Promise.all(names.flatMap((name) => [name, `Odd-${name}`].map((id) => store.appendToStream(id, NoStream, named('a')))));
      assertEqual(await list(store, { category: 'Even' }), names.map((name) => `${name}@1`), 'the streams of the category');
      assertEqual((await list(store)).length, 1_040, 'how many streams there are');
      let first = '';
      for await (const { streamId } of store.listStreams({ category: 'Odd' })) {
        first = streamId.id;
        break;
      }
      assertEqual(first, names[0], 'the first of a listing that is left early');
    });

    rule('a long page boundary of streams that only another handle knows is no problem', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await Promise.all(range(1, 256).map((n) => store.appendToStream(`Order-${1_000 + n}`, NoStream, named('a'))));
      assertEqual((await list(other)).length, 256, 'how many streams there are');
      await store.appendToStream('Order-1257', NoStream, named('a'));
      assertEqual((await list(other)).length, 257, 'how many streams there are');
    });

    rule('deleted streams are listed only when asked for', async (log) => {
      const store = await log.open();
      for (const n of range(1, 5)) await store.appendToStream(`Order-${n}`, NoStream, numbered(n));
      await store.deleteStream('Order-2', 2);
      await store.deleteStream('Order-5', 5);
      for (const handle of [store, await log.open()]) {
        assertEqual(await list(handle, { category: 'Order' }), ['Order-1@1', 'Order-3@3', 'Order-4@4'], 'the streams');
        assertEqual(await list(handle, { includeDeleted: true }), ['Order-1@1', 'Order-2@3 deleted', 'Order-3@3', 'Order-4@4', 'Order-5@6 deleted'], 'all streams');
      }
    });
  });

  group('stream info', () => {
    rule('tells the version, and when the first and the last event were appended', async (log) => {
      let now = 1_000;
      const store = await log.open({ clock: () => now });
      assertEqual(await store.getStreamInfo('Order-1'), undefined, 'the info of a stream that does not exist');
      await store.appendToStream('Order-1', NoStream, numbered(3));
      const streamId = { category: 'Order', id: '1' };
      assertEqual(await store.getStreamInfo('Order-1'), { streamId, version: 3, deleted: false, createdAt: 1_000, updatedAt: 1_000 }, 'the info');
      now = 2_000;
      await store.appendToStream('Order-1', 3, numbered(300));
      now = 3_000;
      await store.appendToStream('Order-1', 303, numbered(1));
      const info = { streamId, version: 304, deleted: false, createdAt: 1_000, updatedAt: 3_000 };
      for (const handle of [store, await log.open()]) assertEqual(await handle.getStreamInfo(streamId), info, 'the info');
    });

    rule('of a deleted stream says so, with the version of its tombstone', async (log) => {
      let now = 1_000;
      const store = await log.open({ clock: () => now });
      await store.appendToStream('Order-1', NoStream, numbered(3));
      now = 2_000;
      await store.deleteStream('Order-1', 3);
      for (const handle of [store, await log.open()]) {
        const info = await handle.getStreamInfo('Order-1');
        assertEqual([info?.version, info?.deleted, info?.updatedAt], [4, true, 2_000], 'version, deleted and when');
      }
    });

    rule('of a truncated stream tells of the first event that is still there', async (log) => {
      let now = 0;
      const store = await log.open({ clock: () => now });
      for (const n of range(1, 4)) {
        now = n * 1_000;
        await store.appendToStream('Order-1', 2 * (n - 1), numbered(2));
      }
      await store.truncateStream('Order-1', 6);
      const info = await store.getStreamInfo('Order-1');
      assertEqual([info?.version, info?.createdAt, info?.updatedAt], [8, 3_000, 4_000], 'version and times');
    });

    rule('of an imported stream tells the times of the events, not of the import', async (log) => {
      const store = await log.open();
      const lines = [1_000, 2_000, 3_000].map((timestamp) => JSON.stringify({ streamId: 'Order-1', type: 'A', data: 0, timestamp }));
      await store.importEvents(new Blob([lines.join('\n')]));
      const info = await store.getStreamInfo('Order-1');
      assertEqual([info?.createdAt, info?.updatedAt], [1_000, 3_000], 'the times');
    });
  });
}
