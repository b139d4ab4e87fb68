import { AnyVersion } from '../event/version.ts';
import { assertEqual, assertFails } from './assert.ts';
import { numbered } from './events.ts';
import type { Suite } from './suite.ts';

export function snapshotRules({ group, rule }: Suite): void {
  group('snapshots', () => {
    rule('the snapshot of a stream that has none is undefined', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, numbered(3));
      assertEqual(await store.snapshots.load('Order-1'), undefined, 'the snapshot');
      assertEqual(await store.snapshots.load('Order-1', 1), undefined, 'the snapshot of a reducer version');
      await store.snapshots.delete('Order-1');
    });

    rule('a snapshot comes back with its stream, version, data and time, on every handle', async (log) => {
      const store = await log.open({ clock: () => 5_000 });
      await store.snapshots.save({ streamId: 'Order-1', version: 3, data: { sum: [6] } });
      await store.snapshots.save({ streamId: { category: 'Order', id: '2' }, version: 4, data: null, timestamp: 77, reducerVersion: 'v2' });
      for (const handle of [store, await log.open()]) {
        const first = { streamId: { category: 'Order', id: '1' }, version: 3, timestamp: 5_000, data: { sum: [6] } };
        assertEqual(await handle.snapshots.load('Order-1'), first, 'the snapshot');
        const second = { streamId: { category: 'Order', id: '2' }, version: 4, timestamp: 77, data: null, reducerVersion: 'v2' };
        assertEqual(await handle.snapshots.load('Order-2', 'v2'), second, 'the snapshot of a reducer version');
        assertEqual(await handle.snapshots.load('Order-2'), undefined, 'the snapshot of no reducer version');
      }
    });

    rule('saving replaces the one of the same stream and reducer version, and no other', async (log) => {
      const store = await log.open();
      const save = (streamId: string, data: string, reducerVersion?: number): Promise<void> =>
        store.snapshots.save({ streamId, version: 1, data, ...(reducerVersion !== undefined && { reducerVersion }) });
      await save('Order-1', 'a');
      await save('Order-1', 'b', 1);
      await save('Order-1', 'c', 2);
      await save('Order-11', 'd', 1);
      await save('Order-1', 'e', 1);
      const loaded = [await store.snapshots.load('Order-1'), await store.snapshots.load('Order-1', 1), await store.snapshots.load('Order-1', 2), await store.snapshots.load('Order-11', 1)];
      assertEqual(loaded.map((snapshot) => snapshot?.data), ['a', 'e', 'c', 'd'], 'the snapshots');
    });

    rule('of a stream that was deleted none is kept, whichever handle saves it', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', AnyVersion, numbered(3));
      await store.deleteStream('Order-1', 3);
      for (const handle of [other, store]) {
        for (const reducerVersion of [undefined, 2]) await handle.snapshots.save({ streamId: 'Order-1', version: 3, data: 'erased', ...(reducerVersion !== undefined && { reducerVersion }) });
      }
      assertEqual([await store.snapshots.load('Order-1'), await other.snapshots.load('Order-1', 2)], [undefined, undefined], 'the snapshots');
    });

    rule('deleting takes the one of a reducer version, or all of the stream', async (log) => {
      const store = await log.open();
      for (const streamId of ['Order-1', 'Order-10', 'Order-1-1']) {
        for (const reducerVersion of [1, 2, 3]) await store.snapshots.save({ streamId, version: 1, data: reducerVersion, reducerVersion });
      }
      const left = async (id: string): Promise<unknown[]> => Promise.all([1, 2, 3].map(async (v) => (await store.snapshots.load(id, v))?.data));
      await store.snapshots.delete('Order-1', 2);
      assertEqual(await left('Order-1'), [1, undefined, 3], 'those that are left');
      await store.snapshots.delete('Order-1');
      assertEqual(await left('Order-1'), [undefined, undefined, undefined], 'those that are left');
      assertEqual([await left('Order-10'), await left('Order-1-1')], [[1, 2, 3], [1, 2, 3]], 'those of other streams');
    });

    rule("a snapshot's data is copied when it is saved and when it is loaded", async (log) => {
      const store = await log.open();
      const data = { items: ['a'] };
      const saving = store.snapshots.save({ streamId: 'Order-1', version: 1, data });
      data.items.push('spoiled');
      await saving;
      const loaded = await store.snapshots.load<{ items: string[] }>('Order-1');
      assertEqual(loaded?.data, { items: ['a'] }, 'the data');
      loaded?.data.items.push('spoiled');
      assertEqual((await store.snapshots.load('Order-1'))?.data, { items: ['a'] }, 'the data loaded again');
    });

    rule('a snapshot changes nothing of the log, and a version that is none is INVALID_VERSION', async (log) => {
      const store = await log.open();
      for (const version of [0, -1, 1.5, NaN, '1' as unknown as number]) {
        await assertFails(() => store.snapshots.save({ streamId: 'Order-1', version, data: 1 }), 'INVALID_VERSION', { argument: 'snapshot.version' });
      }
      await store.snapshots.save({ streamId: 'Order-1', version: 1, data: 1 });
      assertEqual((await store.head()).position, 0, 'the head');
      assertEqual(await store.getStreamInfo('Order-1'), undefined, 'the stream');
    });
  });
}
