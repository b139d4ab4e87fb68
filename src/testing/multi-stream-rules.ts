import type { EventData } from '../event/event.ts';
import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, placesOf, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const write = (streamId: string, expectedVersion: number, events: readonly EventData[]) => ({ streamId, expectedVersion, events });

export function multiStreamRules({ group, rule }: Suite): void {
  group('appends to several streams', () => {
    rule('all streams are written in one transaction, in the order of the writes, with a result for each', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(2));
      const results = await store.appendToStreams([
        write('Stock-1', NoStream, numbered(3)),
        write('Order-1', 2, numbered(1, 3)),
        write('Audit-1', AnyVersion, numbered(2)),
      ]);
      const expected = [
        { version: 3, globalPosition: 5, deduplicated: false },
        { version: 3, globalPosition: 6, deduplicated: false },
        { version: 2, globalPosition: 8, deduplicated: false },
      ];
      assertEqual(results, expected, 'the results');
      const places = ['Order-1@1', 'Order-1@2', 'Stock-1@1', 'Stock-1@2', 'Stock-1@3', 'Order-1@3', 'Audit-1@1', 'Audit-1@2'];
      assertEqual(placesOf(await toArray(store.readAll())), places, 'the log');
    });

    rule('a place that is left empty in the writes is refused, and takes no other append with it', async (log) => {
      const store = await log.open();
      const writes: ReturnType<typeof write>[] = [];
      writes[1] = write('Order-1', AnyVersion, numbered(1));
      const beside = store.appendToStream('Order-2', AnyVersion, numbered(1));
      await assertFails(() => store.appendToStreams(writes), 'INVALID_EVENT', { path: 'writes[0].events' });
      assertEqual((await beside).globalPosition, 1, 'the position of the other one');
    });

    for (const [i, position] of [[0, 'first'], [1, 'middle'], [2, 'last']] as const) {
      rule(`a conflict in the ${position} of three writes refuses all of them`, async (log) => {
        const [store, other] = [await log.open(), await log.open()];
        await store.appendToStream('Order-1', NoStream, numbered(2));
        const writes = [write('Stock-1', NoStream, numbered(300)), write('Stock-2', AnyVersion, numbered(1))];
        writes.splice(i, 0, write('Order-1', 1, numbered(1)));
        for (const handle of [other, store]) {
          await assertFails(() => handle.appendToStreams(writes), 'CONCURRENCY_CONFLICT', { streamId: 'Order-1', expectedVersion: 1, actualVersion: 2 });
        }
        assertEqual(placesOf(await toArray(store.readAll())), ['Order-1@1', 'Order-1@2'], 'the log');
        assertEqual((await toArray(store.listStreams())).length, 1, 'how many streams there are');
      });
    }

    rule('a write without events only checks its stream: met, it writes nothing there, and its position is that of the last event by then', async (log) => {
      const store = await log.open();
      await store.appendToStream('Rule-1', NoStream, numbered(2));
      const results = await store.appendToStreams([
        write('Rule-1', 2, []),
        write('Order-1', NoStream, numbered(2)),
        write('Order-2', NoStream, []),
        write('Order-3', AnyVersion, []),
        write('Rule-1-b', AnyVersion, numbered(1)),
      ]);
      const positions = [2, 4, 4, 4, 5];
      const versions = [2, 2, 0, 0, 1].map((version, i) => ({ version, globalPosition: positions[i], deduplicated: false }));
      assertEqual(results, versions, 'the results');
      assertEqual(placesOf(await toArray(store.readAll({ fromPosition: 3 }))), ['Order-1@1', 'Order-1@2', 'Rule-1-b@1'], 'what was written');
      assertEqual(await store.getStreamInfo('Order-2'), undefined, 'a stream that was only checked');
    });

    rule('a write without events that is not met refuses the whole append', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Rule-1', NoStream, numbered(2));
      await store.deleteStream('Rule-1', 2);
      await store.appendToStream('Rule-2', NoStream, numbered(2));
      const checks: [check: ReturnType<typeof write>, actual: number][] = [
        [write('Rule-2', 1, []), 2],
        [write('Rule-2', NoStream, []), 2],
        [write('Rule-3', StreamExists, []), 0],
        [write('Rule-3', 1, []), 0],
      ];
      for (const handle of [other, store]) {
        for (const [check, actualVersion] of checks) {
          const fields = { streamId: check.streamId, expectedVersion: check.expectedVersion, actualVersion };
          await assertFails(() => handle.appendToStreams([write('Order-1', NoStream, numbered(1)), check]), 'CONCURRENCY_CONFLICT', fields);
        }
        await assertFails(() => handle.appendToStreams([write('Rule-1', AnyVersion, []), write('Order-1', NoStream, numbered(1))]), 'STREAM_DELETED');
      }
      assertEqual(await store.getStreamInfo('Order-1'), undefined, 'the stream that would have been written');
    });

    rule('a check and a write of another stream cannot both pass when two handles race: one sees what the other wrote', async (log) => {
      const handles = [await log.open(), await log.open()];
      for (let round = 1; round <= 5; round++) {
        const [a, b] = [`Doctor-${round}a`, `Doctor-${round}b`];
        // Write skew: each goes off duty only while the other one has not.
        const outcomes = await Promise.allSettled([
          handles[0]!.appendToStreams([write(a, NoStream, named('off duty')), write(b, NoStream, [])]),
          handles[1]!.appendToStreams([write(b, NoStream, named('off duty')), write(a, NoStream, [])]),
        ]);
        assertEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 1, 'how many of the two were accepted');
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') await assertFails(Promise.reject(outcome.reason), 'CONCURRENCY_CONFLICT', { expectedVersion: 0, actualVersion: 1 });
        }
      }
      assertEqual((await handles[0]!.head()).position, 5, 'the head');
    });

    rule('an append of nothing but checks, or of no writes, is NO_EVENTS', async (log) => {
      const store = await log.open();
      await assertFails(() => store.appendToStreams([]), 'NO_EVENTS');
      await assertFails(() => store.appendToStreams([write('Order-1', AnyVersion, [])]), 'NO_EVENTS');
      await assertFails(() => store.appendToStreams([write('Order-1', AnyVersion, []), write('Order-2', AnyVersion, [])]), 'NO_EVENTS');
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('an append that names a stream twice is INVALID_STREAM_ID, in either form of its name', async (log) => {
      const store = await log.open();
      const second = { streamId: { category: 'Order', id: '1' }, expectedVersion: AnyVersion, events: numbered(1) };
      await assertFails(() => store.appendToStreams([write('Order-1', AnyVersion, numbered(1)), write('Order-2', AnyVersion, []), second]), 'INVALID_STREAM_ID');
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('writes that are no array, or hold what is no write, are a typed error', async (log) => {
      const store = await log.open();
      await assertFails(() => store.appendToStreams(undefined as never), 'INVALID_EVENT');
      await assertFails(() => store.appendToStreams({} as never), 'INVALID_EVENT');
      for (const bad of [undefined, null, 'Order-1', 1]) {
        await assertFails(() => store.appendToStreams([write('Order-1', AnyVersion, numbered(1)), bad as never]), 'INVALID_EVENT');
      }
      assertEqual((await store.head()).position, 0, 'the head');
    });

    rule('no reader ever sees a part of an append', async (log) => {
      const [writer, reader] = [await log.open(), await log.open()];
      const streams = ['A-1', 'B-1', 'C-1'];
      const live = record(reader.subscribeToAll(0));
      for (let round = 0; round < 10; round++) {
        let done = false;
        const writing = writer.appendToStreams(streams.map((id) => write(id, AnyVersion, numbered(100)))).finally(() => (done = true));
        while (!done) assertEqual((await toArray(reader.readAll())).length % 300, 0, 'events beyond whole appends');
        await writing;
      }
      const events = await live.untilCount(3000);
      assertEqual(placesOf(events), placesOf(await toArray(reader.readAll())), 'the subscription');
    });

    rule('an event that is refused in one write refuses the writes to other streams', async (log) => {
      const store = await log.open();
      const bad = [...numbered(1), { type: 'A', data: { f: () => 0 } }];
      await assertFails(() => store.appendToStreams([write('Order-1', AnyVersion, numbered(1)), write('Order-2', AnyVersion, bad)]), 'INVALID_EVENT', {
        path: 'writes[1].events[1].data.f',
      });
      assertEqual((await store.head()).position, 0, 'the head');
    });
  });
}
