import { AnyVersion, NoStream } from '../event/version.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { identified, numbered, numbersOf, range, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

export function reopenRules({ group, rule }: Suite): void {
  group('opening again', () => {
    rule('everything is still there: events, versions, positions, the epoch, ids, deletions and snapshots', async (log) => {
      const first = await log.open();
      const events = identified(3);
      const appended = await first.appendToStream('Order-1', NoStream, events);
      await first.appendToStream('Order-2', NoStream, numbered(300));
      await first.appendToStream('Order-3', NoStream, numbered(2));
      await first.deleteStream('Order-3', 2);
      await first.truncateStream('Order-2', 11);
      await first.snapshots.save({ streamId: 'Order-1', version: 3, data: { sum: 6 } });
      const before = { log: await toArray(first.readAll()), head: await first.head(), streams: await toArray(first.listStreams({ includeDeleted: true })) };
      await first.close();

      const second = await log.open();
      assertEqual(await toArray(second.readAll()), before.log, 'the log');
      assertEqual(await second.head(), before.head, 'the head');
      assertEqual(await toArray(second.listStreams({ includeDeleted: true })), before.streams, 'the streams');
      assertEqual((await second.snapshots.load('Order-1'))?.data, { sum: 6 }, 'the snapshot');
      assertEqual(await second.appendToStream('Order-1', AnyVersion, events), { ...appended, deduplicated: true }, 'the repeated append');
      await assertFails(() => second.appendToStream('Order-3', AnyVersion, numbered(1)), 'STREAM_DELETED');
      await assertFails(() => second.appendToStream('Order-1', 2, numbered(1)), 'CONCURRENCY_CONFLICT', { actualVersion: 3 });
      assertEqual(await second.appendToStream('Order-1', 3, numbered(1)), { version: 4, globalPosition: before.head.position + 1, deduplicated: false }, 'the next append');
    });

    rule('a log goes on growing through many openings', async (log) => {
      for (let n = 1; n <= 8; n++) {
        const store = await log.open();
        const result = await store.appendToStream('Order-1', n - 1, numbered(1, n));
        assertEqual(result, { version: n, globalPosition: n, deduplicated: false }, 'the result');
        await store.close();
      }
      assertEqual(numbersOf(await (await log.open()).loadStream('Order-1')), range(1, 8), 'the stream');
    });

    rule('a checkpoint goes on where it was, after the log was closed and opened', async (log) => {
      const first = await log.open();
      await first.appendToStream('Order-1', NoStream, numbered(4));
      const checkpoint = await first.head();
      await first.close();
      const second = await log.open();
      const live = record(second.subscribeToAll(checkpoint));
      await second.appendToStream('Order-1', 4, numbered(2, 5));
      assertEqual(numbersOf(await live.untilCount(2)), [5, 6], 'what was delivered');
    });

    rule('closing one handle leaves the others at work', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const live = record(b.subscribeToAll(0));
      await a.appendToStream('Order-1', NoStream, numbered(1));
      await a.close();
      await b.appendToStream('Order-1', 1, numbered(1, 2));
      assertEqual(numbersOf(await live.untilCount(2)), [1, 2], 'what was delivered');
    });

    rule('many handles opened at once share one log and one epoch', async (log) => {
      const handles = await Promise.all(range(1, 8).map(() => log.open()));
      await Promise.all(handles.map((store, i) => store.appendToStream(`Order-${i}`, NoStream, numbered(1))));
      const heads = await Promise.all(handles.map((store) => store.head()));
      assertEqual(heads, Array(8).fill(heads[0]), 'the heads');
      assertEqual(heads[0]?.position, 8, 'the position');
    });
  });

  group('the head', () => {
    rule('of an empty log is at position 0, and its epoch is not empty and is that of every handle', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const head = await a.head();
      assertEqual(head.position, 0, 'the position');
      assert(typeof head.epoch === 'string' && head.epoch.length >= 16, `the epoch is ${JSON.stringify(head.epoch)}`);
      assertEqual(await b.head(), head, 'the head of another handle');
    });

    rule('is at the position of the last event, whoever appended it, and keeps its epoch', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const { epoch } = await a.head();
      await a.appendToStream('Order-1', NoStream, numbered(3));
      assertEqual(await b.head(), { epoch, position: 3 }, 'the head');
      await b.appendToStream('Order-1', 3, numbered(300));
      assertEqual(await a.head(), { epoch, position: 303 }, 'the head');
      await b.deleteStream('Order-1', 303);
      assertEqual(await a.head(), { epoch, position: 304 }, 'the head after a deletion');
    });

    rule('another log has another epoch', async (log) => {
      const [a, b] = [await log.open(), await (await log.another()).open()];
      assert((await a.head()).epoch !== (await b.head()).epoch, 'two logs have the same epoch');
      await a.appendToStream('Order-1', NoStream, numbered(3));
      assertEqual((await b.head()).position, 0, 'the position of the other log');
    });
  });
}
