import { encodeEvents } from '../event/encode.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { defaultLimits } from '../event/limits.ts';
import { createTombstone } from '../event/tombstone.ts';
import { AnyVersion } from '../event/version.ts';
import type { Append, Direction, DocumentWrites, Log, Page, ReadRange } from '../storage/storage.ts';
import { assertEqual } from './assert.ts';
import { at, document, openLog } from './documents.ts';
import { numbered } from './events.ts';
import type { Suite } from './suite.ts';

/** Events of another log, with their places there. */
function placed(stream: string, version: number, position: number, count = 1): EventBatch {
  const [batch] = encodeEvents(stream, numbered(count, position), 'events', { limits: defaultLimits, now: 1_000, metadata: undefined });
  return { ...batch!, version, position };
}

function repeating(after: number, batches: readonly EventBatch[], documents?: DocumentWrites): Append {
  const writes = batches.map((batch) => ({ stream: batch.stream, expectedVersion: AnyVersion, batches: [batch] }));
  return { writes, ids: [], after, ...(documents && { documents }) };
}

async function codeOf(log: Log, append: Append): Promise<string> {
  const [outcome] = await log.commit([append]);
  return outcome!.ok ? 'written' : outcome!.error.code;
}

/** The places of all batches, read page by page. */
async function placesIn(read: (range: ReadRange) => Promise<Page>, from: number, direction: Direction = 'forwards'): Promise<string[]> {
  const places: string[] = [];
  for (let next: number | undefined = from; next !== undefined; ) {
    const page: Page = await read({ from: next, limit: 100, direction });
    places.push(...page.batches.map(({ stream, version, position, count }) => `${stream}@${version}:${position}+${count}`));
    next = page.next;
  }
  return places;
}

/** For storages that hold a part of another log, with its positions: see `Append.after`. */
export function replicaRules({ group, rule, supports }: Suite): void {
  if (!supports.replicas) return;
  group('a replica', () => {
    rule('keeps the places of another log, with their gaps, in every direction', async (log) => {
      const handle = await openLog(log);
      const pages = [
        [placed('Note-1', 1, 3, 2), placed('Task-1', 4, 5)],
        [placed('Note-1', 3, 900)],
        [placed('Task-1', 5, 901), placed('Note-1', 4, 5_000, 3)],
      ];
      let after = 0;
      for (const batches of pages) {
        assertEqual(await codeOf(handle, repeating(after, batches)), 'written', `what comes after ${after}`);
        after = batches.at(-1)!.position + batches.at(-1)!.count - 1;
        assertEqual(await handle.head(), after, 'the head');
      }
      const all = ['Note-1@1:3+2', 'Task-1@4:5+1', 'Note-1@3:900+1', 'Task-1@5:901+1', 'Note-1@4:5000+3'];
      for (const reader of [handle, await openLog(log)]) {
        assertEqual(await placesIn((page) => reader.readAll(page), 1, 'forwards'), all, 'the log');
        assertEqual(await placesIn((page) => reader.readAll(page), 6, 'forwards'), all.slice(2), 'the log from a gap on');
        assertEqual(await placesIn((page) => reader.readAll(page), Infinity, 'backwards'), all.toReversed(), 'the log backwards');
        assertEqual(await placesIn((page) => reader.readAll(page), 4_000, 'backwards'), all.slice(0, 4).toReversed(), 'the log backwards from a gap on');
        assertEqual(await placesIn((page) => reader.readStream('Note-1', page), 1), [all[0], all[2], all[4]], 'a stream');
        assertEqual((await reader.streamInfo('Task-1'))?.version, 5, 'the version of a stream');
      }
    });

    rule('is read in pages that lose nothing at gaps', async (log) => {
      const handle = await openLog(log);
      const batches = Array.from({ length: 300 }, (_, i) => placed(`Note-${i % 3}`, Math.floor(i / 3) + 1, 7 * i + 1));
      assertEqual(await codeOf(handle, repeating(0, batches)), 'written', 'the append');
      const seen: number[] = [];
      for (let from: number | undefined = 1; from !== undefined; ) {
        const page: Page = await handle.readAll({ from, limit: 20, direction: 'forwards' });
        seen.push(...page.batches.map(({ position }) => position));
        from = page.next;
      }
      assertEqual(seen, batches.map(({ position }) => position), 'the positions');
    });

    rule('takes a part once, from whoever is first, and only where it follows', async (log) => {
      const [a, b] = [await openLog(log), await openLog(log)];
      const outcomes = await Promise.all([codeOf(a, repeating(0, [placed('Note-1', 1, 5)])), codeOf(b, repeating(0, [placed('Note-1', 1, 5)]))]);
      assertEqual(outcomes.sort(), ['CONCURRENCY_CONFLICT', 'written'], 'two that place the same');
      for (const wrong of [
        repeating(4, [placed('Note-1', 2, 6)]),
        repeating(5, [placed('Note-1', 1, 6)]),
        repeating(5, [placed('Note-1', 2, 5)]),
        repeating(5, [placed('Note-1', 2, 9), placed('Note-2', 1, 8)]),
      ]) {
        assertEqual(await codeOf(b, wrong), 'CONCURRENCY_CONFLICT', 'one that does not follow');
      }
      assertEqual(await b.head(), 5, 'the head');
      assertEqual(await codeOf(b, repeating(5, [placed('Note-1', 2, 9)])), 'written', 'one that follows');
    });

    rule('is written with its documents, or not at all', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      const cursor = (before: string | undefined, next: string): DocumentWrites => ({
        expect: [{ ...at('cursor'), data: before === undefined ? undefined : JSON.stringify(before) }],
        puts: [document('cursor', next)],
      });
      assertEqual(await codeOf(handle, repeating(0, [placed('Note-1', 1, 2)], cursor(undefined, '2'))), 'written', 'the first');
      assertEqual(await codeOf(handle, repeating(2, [placed('Note-1', 2, 3)], cursor(undefined, '3'))), 'DOCUMENT_CONFLICT', 'an old cursor');
      assertEqual(await codeOf(handle, repeating(0, [placed('Note-1', 2, 3)], cursor('2', '3'))), 'CONCURRENCY_CONFLICT', 'an old end');
      assertEqual([await handle.head(), await documents.get([at('cursor')])], [2, ['"2"']], 'what is there');
      // No events, only the cursor, and a check.
      const check = { writes: [{ stream: 'Note-1', expectedVersion: 1, batches: [] }], ids: [], documents: cursor('2', '9') };
      assertEqual(await codeOf(handle, check), 'written', 'a check with documents');
      assertEqual([await handle.head(), await documents.get([at('cursor')])], [2, ['"9"']], 'what is there after the check');
    });

    rule('keeps the places of erased events, and knows a stream of which nothing else is left', async (log) => {
      const handle = await openLog(log);
      const erased = (stream: string, version: number, position: number, count: number): EventBatch => ({ stream, version, position, count, timestamp: 1_000, idBase: '', events: '' });
      assertEqual(await codeOf(handle, repeating(0, [erased('', 1, 1, 5), erased('', 1, 6, 2), placed('Note-1', 3, 8), erased('Task-1', 4, 9, 1)])), 'written', 'the append');
      assertEqual(await codeOf(handle, repeating(9, [erased('', 2, 10, 1), erased('', 1, 11, 3)])), 'written', 'what comes after it');
      assertEqual(await codeOf(handle, repeating(13, [erased('', 1, 13, 1)])), 'CONCURRENCY_CONFLICT', 'one that does not follow');
      for (const reader of [handle, await openLog(log)]) {
        const positions = [...(await placesIn((page) => reader.readAll(page), 1)), ...(await placesIn((page) => reader.readAll(page), 10))];
        assertEqual(positions.map((place) => place.replace(/@\d+/, '')), [':1+5', ':6+2', 'Note-1:8+1', ':9+1', ':10+1', ':11+3', ':10+1', ':11+3'], 'the log');
        assertEqual(await placesIn((page) => reader.readStream('Task-1', page), 1), [], 'a stream of which nothing is left');
        assertEqual(await reader.listStreams({ category: undefined, after: undefined, limit: 10 }), [
          { stream: 'Note-1', version: 3, deleted: false },
          { stream: 'Task-1', version: 4, deleted: false },
        ], 'the streams');
        assertEqual(await reader.head(), 13, 'the head');
      }
      const [next] = await handle.commit([{ writes: [{ stream: 'Task-1', expectedVersion: 4, batches: [placed('Task-1', 0, 0)] }], ids: [] }]);
      assertEqual(next!.ok && next!.results, [{ version: 5, globalPosition: 14 }], 'the next append');
    });

    rule('learns that a stream was deleted', async (log) => {
      const handle = await openLog(log);
      await codeOf(handle, repeating(0, [placed('Note-1', 1, 1, 2)]));
      assertEqual(await handle.truncateStream('Note-1', 3), 2, 'what was erased');
      assertEqual(await codeOf(handle, repeating(2, [{ ...createTombstone('Note-1', 1_000), version: 3, position: 7 }])), 'written', 'the tombstone');
      const reader = await openLog(log);
      assertEqual(await reader.streamInfo('Note-1'), { stream: 'Note-1', version: 3, deleted: true }, 'what is known of it');
      assertEqual(await placesIn((page) => reader.readStream('Note-1', page), 1), ['Note-1@3:7+1'], 'the stream');
      assertEqual(await codeOf(reader, repeating(7, [placed('Note-1', 4, 8)])), 'STREAM_DELETED', 'what comes after it');
    });
  });
}
