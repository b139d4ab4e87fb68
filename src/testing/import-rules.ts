import { NoStream } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import type { ImportOptions, ImportProgress, ImportResult } from '../store/import-events.ts';
import { assert, assertEqual, assertFails, failureOf } from './assert.ts';
import { numbered, numbersOf, placesOf, range, toArray } from './events.ts';
import type { Suite } from './suite.ts';

const utf8 = new TextEncoder();

function line(n: number, more: object = {}): string {
  return JSON.stringify({ streamId: `Order-${n % 3}`, type: 'Counted', data: { n }, ...more });
}

const lines = (from: number, to: number): string => range(from, to).map((n) => `${line(n)}\n`).join('');

/** A source that gives these chunks, and then ends, or fails. */
function chunked(chunks: readonly Uint8Array[], error?: Error): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream({
    pull(controller) {
      if (next < chunks.length) controller.enqueue(chunks[next++]!);
      else if (error) controller.error(error);
      else controller.close();
    },
  });
}

const import_ = (store: EventStore, text: string, options?: ImportOptions): Promise<ImportResult> => store.importEvents(new Blob([text]), options);

/** What is wrong with a line, and the line. */
const badLines: readonly [why: string, line: string | Uint8Array][] = [
  ['is not JSON', '{"streamId":"Order-1","type":"A","data":'],
  ['is text', 'hello'],
  ['is an array', '[]'],
  ['is null', 'null'],
  ['has no stream id', '{"type":"A","data":0}'],
  ['has a bad stream id', line(1, { streamId: 'Order' })],
  ['has a stream id that is an object with a bad category', line(1, { streamId: { category: 'a-b', id: '1' } })],
  ['has no type', '{"streamId":"Order-1","data":0}'],
  ['has a type of Ermine that it does not know', line(1, { type: '$other' })],
  ['has no data', '{"streamId":"Order-1","type":"A"}'],
  ['has a __proto__ in its data', '{"streamId":"Order-1","type":"A","data":{"__proto__":{"polluted":true}}}'],
  ['has bad metadata', line(1, { metadata: { userId: 5 } })],
  ['has an id that is no UUID', line(1, { id: 'abc' })],
  ['has a timestamp that is none', line(1, { timestamp: 'yesterday' })],
  ['has a timestamp that is no number', line(1, { timestamp: {} })],
  ['is larger than an event may be', line(1, { data: 'x'.repeat(256 * 1024) })],
  ['is not UTF-8', Uint8Array.from([...utf8.encode('{"streamId":"Order-1","type":"A","data":"'), 0xff, 0xfe, ...utf8.encode('"}')])],
];

export function importRules({ group, rule, supports }: Suite): void {
  group('importing', () => {
    rule('a line needs a stream id, a type and data; ids, metadata and times are kept where they are given', async (log) => {
      const store = await log.open({ clock: () => 5_000 });
      const id = crypto.randomUUID();
      const metadata = { userId: 'anna', custom: { a: '1' } };
      const text = [
        line(1),
        line(2, { streamId: { category: 'Order', id: '1' }, id: id.toUpperCase(), metadata, timestamp: 1_000, version: 77, globalPosition: 99 }),
        line(3, { streamId: 'Order-1', timestamp: '2020-01-01T00:00:00Z' }),
      ].join('\n');
      assertEqual(await import_(store, text), { imported: 3, skipped: 0 }, 'the result');
      const events = await store.loadStream('Order-1');
      assertEqual(events.map((event) => [event.version, event.globalPosition, event.timestamp]), [[1, 1, 5_000], [2, 2, 1_000], [3, 3, Date.UTC(2020, 0, 1)]], 'versions, positions and times');
      assertEqual([events[1]?.id, events[1]?.metadata], [id, metadata], 'the id and the metadata');
    });

    rule('lines end as anybody ends them, empty ones are passed over, and chunks may end anywhere', async (log) => {
      const expected = [1, 2, 3, 4].map((n) => ({ n, text: 'é😀' }));
      const texts = ['\n', '\r\n', '\n\n \n'].map((end) => expected.map((data, i) => line(i, { streamId: 'Order-1', data })).join(end));
      for (const text of [...texts, `${texts[0]}\n`, `\n${texts[1]}\r\n\r\n`]) {
        const bytes = utf8.encode(text);
        for (const size of [1, 7, 4_096]) {
          const store = await (await log.another()).open();
          const chunks = range(0, Math.ceil(bytes.length / size) - 1).map((i) => bytes.subarray(i * size, (i + 1) * size));
          assertEqual(await store.importEvents(chunked(chunks)), { imported: 4, skipped: 0 }, 'the result');
          assertEqual((await store.loadStream('Order-1')).map(({ data }) => data), expected, 'the data');
          await store.close();
        }
      }
    });

    rule('the order of the lines is the order of the log', async (log) => {
      const store = await log.open();
      await import_(store, lines(1, 1_300));
      assertEqual(numbersOf(await toArray(store.readAll())), range(1, 1_300), 'the log');
    });

    rule('importing again writes nothing, also where the lines have no ids', async (log) => {
      const store = await log.open();
      assertEqual(await import_(store, lines(1, 700)), { imported: 700, skipped: 0 }, 'the first result');
      for (const handle of [store, await log.open()]) assertEqual(await import_(handle, lines(1, 700)), { imported: 0, skipped: 700 }, 'the second result');
      assertEqual((await store.head()).position, 700, 'the head');
    });

    rule('a file that holds an event twice, one after the other or farther apart, adds it once', async (log) => {
      const store = await log.open();
      const file = [1, 2, 3, 4].map((n) => line(n, { id: `00000000-0000-4000-8000-00000000000${n}` }));
      const twice = [file[0], file[0], ...file.slice(1), ...file].join('\n');
      assertEqual(await import_(store, twice), { imported: 4, skipped: 5 }, 'the result');
      assertEqual(numbersOf(await toArray(store.readAll())), [1, 2, 3, 4], 'the log');
    });

    rule('a file that has grown since it was imported adds what is new, in its order', async (log) => {
      const store = await log.open();
      const withIds = (order: readonly string[]): string[] => order.map((streamId, i) => line(i + 1, { streamId, id: `00000000-0000-4000-8000-${String(i + 1).padStart(12, '0')}` }));
      const file = withIds(['A-1', 'A-1', 'A-1', 'A-1', 'B-1', 'A-1', 'B-1', 'C-1', 'A-1']);
      for (const known of [2, 3, 5, 7]) {
        const grown = await (await log.another()).open();
        await import_(grown, file.slice(0, known).join('\n'));
        assertEqual(await import_(grown, file.join('\n')), { imported: 9 - known, skipped: known }, 'the result');
        assertEqual(numbersOf(await toArray(grown.readAll())), range(1, 9), `the log, when ${known} lines were known`);
      }
      assertEqual((await store.head()).position, 0, 'the head of a log that nothing was imported into');
    });

    for (const [why, bad] of badLines) {
      rule(`a line that ${why} is INVALID_IMPORT with its number, and nothing of its batch is written`, async (log) => {
        const store = await log.open();
        const end = typeof bad === 'string' ? utf8.encode(bad) : bad;
        const file = (before: number): Blob => new Blob([lines(1, before), end as Uint8Array<ArrayBuffer>, `\n${lines(before + 1, before + 5)}`]);
        await assertFails(() => store.importEvents(file(20)), 'INVALID_IMPORT', { line: 21 });
        assertEqual((await store.head()).position, 0, 'the head');
        await assertFails(() => store.importEvents(file(1_100)), 'INVALID_IMPORT', { line: 1_101 });
        const { position } = await store.head();
        assert(position > 0 && position <= 1_100, `${position} of the 1,100 events before the line were written`);
        assertEqual(numbersOf(await toArray(store.readAll())), range(1, position), 'what was written');
        // Mended, the file goes on where it was.
        assertEqual(await import_(store, lines(1, 1_100)), { imported: 1_100 - position, skipped: position }, 'the result of the mended file');
      });
    }

    rule('empty lines count for the number of a bad line', async (log) => {
      const store = await log.open();
      await assertFails(() => import_(store, `\n${line(1)}\r\n\r\n\r\nbad\n`), 'INVALID_IMPORT', { line: 5 });
    });

    rule('its progress counts events and bytes up to those of the source', async (log) => {
      const store = await log.open();
      await import_(store, lines(1, 100));
      const text = lines(1, 1_400);
      const told: ImportProgress[] = [];
      assertEqual(await import_(store, text, { onProgress: (progress) => told.push(progress) }), { imported: 1_300, skipped: 100 }, 'the result');
      assertEqual(told.at(-1), { imported: 1_300, skipped: 100, bytes: utf8.encode(text).length }, 'the last progress');
      assert(told.length > 1, 'progress was told only once');
      for (const key of ['imported', 'bytes'] as const) assertEqual(told.map((each) => each[key]), told.map((each) => each[key]).toSorted((a, b) => a - b), key);
    });

    rule('a signal stops it with its reason between batches, and importing again finishes it', async (log) => {
      const store = await log.open();
      const reason = new Error('enough');
      assertEqual(await failureOf(import_(store, lines(1, 10), { signal: AbortSignal.abort(reason) }), 'the reason'), reason, 'the error of one that was aborted before');
      assertEqual((await store.head()).position, 0, 'the head');
      const controller = new AbortController();
      const importing = import_(store, lines(1, 2_000), { signal: controller.signal, onProgress: () => controller.abort(reason) });
      assertEqual(await failureOf(importing, 'the reason'), reason, 'the error');
      const { position } = await store.head();
      assert(position > 0 && position < 2_000, `${position} of 2,000 events were written`);
      assertEqual(await import_(store, lines(1, 2_000)), { imported: 2_000 - position, skipped: position }, 'the result of the second import');
      assertEqual(numbersOf(await toArray(store.readAll())), range(1, 2_000), 'the log');
    });

    rule('a source that fails in the middle fails the import with its error, and importing again finishes it', async (log) => {
      const store = await log.open();
      const error = new Error('the network is gone');
      const bytes = utf8.encode(lines(1, 2_000));
      const half = bytes.subarray(0, bytes.length / 2 + 11);
      assertEqual(await failureOf(store.importEvents(chunked([half.subarray(0, 99), half.subarray(99)], error)), 'the error of the source'), error, 'the error');
      const { position } = await store.head();
      assert(position > 0 && position < 2_000, `${position} of 2,000 events were written`);
      assertEqual(await store.importEvents(chunked([bytes])), { imported: 2_000 - position, skipped: position }, 'the result of the second import');
      assertEqual(numbersOf(await toArray(store.readAll())), range(1, 2_000), 'the log');
    });

    rule('it goes on after the events that are there already, and appends go on after it', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', NoStream, numbered(2));
      const importing = import_(store, range(1, 1_200).map((n) => line(n, { streamId: 'Order-1' })).join('\n'));
      const appended = await other.appendToStream('Other-1', NoStream, numbered(1));
      await importing;
      assertEqual(appended.version, 1, 'the version of an append meanwhile');
      assertEqual(placesOf(await store.loadStream('Order-1')), range(1, 1_202).map((n) => `Order-1@${n}`), 'the stream');
      assertEqual((await store.appendToStream('Order-1', 1_202, numbered(1))).version, 1_203, 'the version of the next append');
    });

    rule('of nothing, it imports nothing', async (log) => {
      const store = await log.open();
      for (const text of ['', '\n', '\r\n \n']) assertEqual(await import_(store, text), { imported: 0, skipped: 0 }, 'the result');
    });

    if (!supports.gzip) return;

    rule('a packed file that is cut off is INVALID_IMPORT, and the whole one finishes it', async (log) => {
      const store = await log.open();
      const packed = new Uint8Array(await new Response(new Blob([lines(1, 3_000)]).stream().pipeThrough(new CompressionStream('gzip'))).arrayBuffer());
      await assertFails(() => store.importEvents(new Blob([packed.subarray(0, packed.length - 100)])), 'INVALID_IMPORT');
      const { position } = await store.head();
      assertEqual(await store.importEvents(new Blob([packed])), { imported: 3_000 - position, skipped: position }, 'the result of the whole file');
      assertEqual(numbersOf(await toArray(store.readAll())), range(1, 3_000), 'the log');
    });
  });
}
