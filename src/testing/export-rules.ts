import { AnyVersion, NoStream } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import type { ExportOptions, ExportProgress } from '../store/export-events.ts';
import { assert, assertEqual, assertFails, failureOf } from './assert.ts';
import { identified, named, numbered, numbersOf, placesOf, positionsOf, range, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';
import { textOf } from './text-of.ts';

/** A log with everything that can be in one, but deletions. */
async function fillLog(store: EventStore): Promise<void> {
  await store.appendToStream('Order-1', NoStream, [{ type: 'Placed', data: { text: 'é😀\n"\u2028', n: 1.5 }, metadata: { userId: 'anna', custom: { a: '1' } } }]);
  await store.appendToStream('Order-2', NoStream, identified(3));
  await store.appendToStreams([
    { streamId: 'Order-1', expectedVersion: 1, events: numbered(2) },
    { streamId: 'Stock-a-b', expectedVersion: NoStream, events: [{ type: 'Counted', data: null }] },
  ]);
  await store.appendToStream('Stock-a-b', 1, numbered(700));
  await Promise.all(range(1, 60).map((n) => store.appendToStream(`Order-${n % 6}`, AnyVersion, numbered(1, n))));
}

/** More events, and more commits, than anybody reads at once. */
const MANY = 1_200;

async function fillPages(store: EventStore): Promise<void> {
  for (let n = 1; n <= MANY; n += 4) await store.appendToStream('Order-1', n - 1, numbered(4, n));
}

const export_ = (store: EventStore, options?: ExportOptions): Promise<string> => textOf(store.exportEvents(options));

export function exportRules({ group, rule, supports }: Suite): void {
  group('exporting', () => {
    rule('an export is NDJSON: a line for each event as it is read, in the order of the log', async (log) => {
      const store = await log.open();
      assertEqual(await export_(store), '', 'the export of an empty log');
      await fillLog(store);
      const text = await export_(store);
      assertEqual(text.endsWith('}\n'), true, 'whether the last line ends');
      assertEqual(text.split('\n').slice(0, -1).map((line) => JSON.parse(line)), await toArray(store.readAll()), 'the events');
    });

    for (const gzip of supports.gzip ? [false, true] : [false]) {
      rule(`what is exported${gzip ? ' with gzip' : ''} and imported elsewhere is the same log: ids, versions, positions, times, metadata`, async (log) => {
        const [store, other] = [await log.open(), await (await log.another()).open()];
        await fillLog(store);
        const events = await toArray(store.readAll());
        const live = record(other.subscribeToAll(0));
        const bytes = new Uint8Array(await new Response(store.exportEvents({ gzip })).arrayBuffer());
        assertEqual(bytes[0] === 0x1f && bytes[1] === 0x8b, gzip, 'whether it is packed');
        assertEqual(await other.importEvents(new Blob([bytes])), { imported: events.length, skipped: 0 }, 'the result');
        assertEqual(await toArray(other.readAll()), events, 'the log');
        assertEqual(await live.untilCount(events.length), events, 'what a subscription got');
        assertEqual(await toArray(other.listStreams()), await toArray(store.listStreams()), 'the streams');
        // And straight from one to the other, which has it all already.
        assertEqual(await other.importEvents(store.exportEvents({ gzip })), { imported: 0, skipped: events.length }, 'the result of the second import');
        assertEqual((await other.head()).position, events.length, 'the head');
      });
    }

    rule('an export can begin at a position, and be filtered', async (log) => {
      const store = await log.open();
      await fillLog(store);
      const places = async (options: ExportOptions): Promise<string[]> => placesOf((await export_(store, options)).split('\n').slice(0, -1).map((line) => JSON.parse(line)));
      const filter = { categories: ['Order'], types: ['Counted'] };
      assertEqual(await places({ fromPosition: 3 }), placesOf(await toArray(store.readAll({ fromPosition: 3 }))), 'from a position within a commit');
      assertEqual(await places({ filter }), placesOf(await toArray(store.readAll({ filter }))), 'filtered');
      await assertFails(() => export_(store, { fromPosition: -1 }), 'INVALID_VERSION');
      await assertFails(() => export_(store, { filter: { categories: ['a-b'] } }), 'INVALID_STREAM_ID');
    });

    rule('its progress counts the events up to the head', async (log) => {
      const store = await log.open();
      await fillPages(store);
      const told: ExportProgress[] = [];
      await export_(store, { onProgress: (progress) => told.push(progress) });
      assert(told.length > 1, `progress was told ${told.length} times`);
      assertEqual(told.at(-1), { events: MANY, position: MANY, head: MANY }, 'the last progress');
      assertEqual(told.map(({ events }) => events), told.map(({ events }) => events).toSorted((a, b) => a - b), 'the order');
    });

    rule('what is appended after it began is not in it', async (log) => {
      const store = await log.open();
      await fillPages(store);
      const reader = store.exportEvents().getReader();
      const decoder = new TextDecoder();
      let text = decoder.decode((await reader.read()).value, { stream: true });
      await store.appendToStream('Order-1', MANY, numbered(5, MANY + 1));
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) text += decoder.decode(chunk.value, { stream: true });
      assertEqual(numbersOf(text.split('\n').slice(0, -1).map((line) => JSON.parse(line))), range(1, MANY), 'the events');
    });

    rule('it is read as it is consumed, and ends when it is cancelled', async (log) => {
      const store = await log.open();
      await fillPages(store);
      let events = 0;
      const reader = store.exportEvents({ onProgress: (progress) => (events = progress.events) }).getReader();
      await reader.read();
      assert(events < MANY, 'all of the log was read for the first chunk');
      await reader.cancel();
      assertEqual((await reader.read()).done, true, 'whether it has ended');
      assertEqual((await store.appendToStream('Order-1', MANY, numbered(1))).version, MANY + 1, 'the version');
    });

    rule('a signal ends it with its reason', async (log) => {
      const store = await log.open();
      await fillPages(store);
      const reason = new Error('enough');
      assertEqual(await failureOf(export_(store, { signal: AbortSignal.abort(reason) }), 'the reason'), reason, 'the error of one that was aborted before');
      const controller = new AbortController();
      const exporting = export_(store, { signal: controller.signal, onProgress: () => controller.abort(reason) });
      assertEqual(await failureOf(exporting, 'the reason'), reason, 'the error');
    });

    rule('a deletion is exported as its tombstone, and importing that deletes the stream there', async (log) => {
      const [store, other] = [await log.open(), await (await log.another()).open()];
      await store.appendToStream('Order-1', NoStream, named('secret'));
      await store.appendToStream('Order-2', NoStream, numbered(3));
      const before = await export_(store);
      await store.deleteStream('Order-1', 1);
      await store.appendToStream('Order-2', 3, numbered(1, 4));
      const after = await export_(store);
      assertEqual(after.includes('secret'), false, 'whether the export holds a payload');

      // One that has the stream loses it, and one that never had it still refuses its name.
      const third = await (await log.another()).open();
      assertEqual(await other.importEvents(new Blob([before])), { imported: 4, skipped: 0 }, 'the first import');
      assertEqual(await other.importEvents(new Blob([after])), { imported: 2, skipped: 3 }, 'the second import');
      assertEqual(await third.importEvents(new Blob([after])), { imported: 5, skipped: 0 }, 'the import into a log without the stream');
      for (const handle of [other, third]) {
        await assertFails(() => handle.loadStream('Order-1'), 'STREAM_DELETED');
        await assertFails(() => handle.appendToStream('Order-1', AnyVersion, numbered(1)), 'STREAM_DELETED');
        assertEqual(numbersOf(await handle.loadStream('Order-2')), [1, 2, 3, 4], 'the other stream');
        const { position } = await handle.head();
        assertEqual(await handle.importEvents(new Blob([after])), { imported: 0, skipped: 5 }, 'the import repeated');
        assertEqual((await handle.importEvents(new Blob([before]))).imported, 0, 'what an older export brings back');
        assertEqual((await handle.head()).position, position, 'the head');
      }
      assertEqual(positionsOf(await toArray(third.readAll())), range(1, 5), 'the positions');
    });
  });
}
