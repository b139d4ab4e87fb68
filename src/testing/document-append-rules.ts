import { encodeAppend } from '../store/encode-append.ts';
import { defaultLimits } from '../event/limits.ts';
import type { EventData } from '../event/event.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import type { Append, AppendDocuments, AppendOutcome, DocumentWrites, Log } from '../storage/storage.ts';
import { assertEqual } from './assert.ts';
import { at, document, openDocuments, openLog } from './documents.ts';
import { identified, numbered, positionsOf, range, toArray } from './events.ts';
import type { Suite } from './suite.ts';

function append(stream: string, expectedVersion: number, events: readonly EventData[], documents?: AppendDocuments): Append {
  const encoded = encodeAppend([{ streamId: stream, expectedVersion, events }], { limits: defaultLimits, now: 1_000, metadata: undefined });
  return { ...encoded, ...(documents && { documents }) };
}

/** What became of appends: the version, or the code of the error; `again` for one that was written before. */
const briefly = (outcomes: readonly AppendOutcome[]): (number | string)[] =>
  outcomes.map((outcome) => (outcome.ok ? (outcome.deduplicated ? 'again' : outcome.results[0]!.version) : outcome.error.code));

const commit = async (log: Log, ...appends: Append[]): Promise<(number | string)[]> => briefly(await log.commit(appends));

export function documentAppendRules({ group, rule }: Suite): void {
  group('documents with an append', () => {
    rule('are written with it, in one step that every handle sees whole', async (log) => {
      const [writer, reader] = [await openLog(log), await openLog(log)];
      const documents = await reader.documents();
      const versionOf = (n: number): DocumentWrites => ({ puts: [document('sum', `${n}`, { n })] });
      let writing = true;
      const seen = (async () => {
        while (writing) {
          const [text = '"0"'] = await documents.get([at('sum')]);
          const head = await reader.head();
          // The log is read later: it may have gone on, but cannot be behind.
          assertEqual(head >= Number(JSON.parse(text)), true, `the log is at ${head}, the document at ${text}`);
        }
      })();
      for (let n = 1; n <= 20; n++) assertEqual(await commit(writer, append('Order-1', n - 1, numbered(1, n), versionOf(n))), [n], 'the outcome');
      writing = false;
      await seen;
      assertEqual([await reader.head(), await documents.get([at('sum')])], [20, ['"20"']], 'what is there');
    });

    rule('are not written when the append is refused', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      await commit(handle, append('Order-1', NoStream, numbered(1), { puts: [document('a', '1'), document('b', '1')] }));
      const writes = { puts: [document('a', '2'), document('c', '2')], deletes: [at('b')] };
      assertEqual(await commit(handle, append('Order-1', NoStream, numbered(1), writes)), ['CONCURRENCY_CONFLICT'], 'the outcome');
      assertEqual(await documents.get([at('a'), at('b'), at('c')]), ['"1"', '"1"', undefined], 'the documents');
    });

    rule('that are not as expected refuse the append, and say which', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      await documents.write({ puts: [document('a', '1')] });
      const expect = [{ ...at('b'), data: undefined }, { ...at('a'), data: '"0"' }];
      const [outcome] = await handle.commit([append('Order-1', NoStream, numbered(2), { expect, puts: [document('b', '1')] })]);
      assertEqual(outcome?.ok ? {} : { ...outcome?.error }, { name: 'DocumentConflictError', code: 'DOCUMENT_CONFLICT', collection: 'cards', key: 'a' }, 'the error');
      assertEqual([await handle.head(), await documents.get([at('b')])], [0, [undefined]], 'what is there');
      assertEqual(await commit(handle, append('Order-1', NoStream, numbered(2), { expect: [{ ...at('a'), data: '"1"' }], puts: [document('a', '2')] })), [2], 'the outcome when it is as expected');
      assertEqual(await documents.get([at('a')]), ['"2"'], 'the document');
    });

    rule('that were made for a position refuse the append when another event has it', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      await commit(handle, append('Order-1', NoStream, numbered(3)));
      const writes = { puts: [document('a', '1')] };
      assertEqual(await commit(handle, append('Order-2', NoStream, numbered(1), { ...writes, position: 3 })), ['DOCUMENT_CONFLICT'], 'the outcome behind the end');
      assertEqual(await commit(handle, append('Order-2', NoStream, numbered(1), { ...writes, position: 5 })), ['DOCUMENT_CONFLICT'], 'the outcome beyond the end');
      assertEqual([await handle.head(), await documents.get([at('a')])], [3, [undefined]], 'what is there');
      const both = [append('Order-2', NoStream, numbered(2), { ...writes, position: 4 }), append('Order-3', NoStream, numbered(1), { puts: [document('b', '1')], position: 6 })];
      assertEqual(await commit(handle, ...both), [2, 1], 'the outcomes at the end');
      assertEqual(await documents.get([at('a'), at('b')]), ['"1"', '"1"'], 'the documents');
    });

    rule('refuse their own append only, and each append of a group finds them as those before it leave them', async (log) => {
      const handle = await openLog(log);
      const step = (from: string | undefined, to: string): DocumentWrites => ({ expect: [{ ...at('a'), data: from && JSON.stringify(from) }], puts: [document('a', to)] });
      const outcomes = await commit(
        handle,
        append('Order-1', NoStream, numbered(1), step(undefined, '1')),
        append('Order-2', NoStream, numbered(1), step(undefined, 'lost')),
        append('Order-3', NoStream, numbered(1)),
        append('Order-1', 1, numbered(1), step('1', '2')),
        append('Order-1', 1, numbered(1), step('2', 'refused')),
        append('Order-4', NoStream, numbered(1), { ...step('2', 'x'), puts: [], deletes: [at('a')] }),
        append('Order-5', NoStream, numbered(1), step(undefined, '3')),
      );
      assertEqual(outcomes, [1, 'DOCUMENT_CONFLICT', 1, 2, 'CONCURRENCY_CONFLICT', 1, 1], 'the outcomes');
      assertEqual([await handle.head(), await (await handle.documents()).get([at('a')])], [5, ['"3"']], 'what is there');
      assertEqual(await handle.streamInfo('Order-2'), undefined, 'the stream of the append that was refused');
    });

    rule('stay as they are when the append is a repetition', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      const events = identified(3);
      const first = append('Order-1', NoStream, events, { expect: [{ ...at('a'), data: undefined }], puts: [document('a', '1')] });
      assertEqual(await commit(handle, first), [3], 'the outcome');
      await documents.write({ puts: [document('a', 'later')] });
      assertEqual(await commit(handle, first), ['again'], 'the outcome of the repetition');
      assertEqual(await commit(handle, { ...first, retry: true }), [3], 'the outcome of another try of the same call');
      assertEqual(await commit(await openLog(log), append('Order-1', NoStream, events, { puts: [document('a', '2')] })), ['again'], 'the outcome on another handle');
      assertEqual([await handle.head(), await documents.get([at('a')])], [3, ['"later"']], 'what is there');
    });

    rule('of many handles that expect the same document exactly one appends, each time', async (log) => {
      const handles = await Promise.all(range(1, 4).map(() => openLog(log)));
      const documents = await openDocuments(log);
      let data: string | undefined;
      for (let round = 1; round <= 8; round++) {
        const outcomes = await Promise.all(handles.map((handle, i) =>
          commit(handle, append(`Order-${i}`, AnyVersion, numbered(1, round), { expect: [{ ...at('turn'), data }], puts: [document('turn', `${round} by ${i}`)] })),
        ));
        const winners = outcomes.flatMap(([outcome], i) => (typeof outcome === 'number' ? [i] : []));
        assertEqual([winners.length, outcomes.flat().filter((outcome) => outcome === 'DOCUMENT_CONFLICT').length], [1, 3], `who won and who lost round ${round}`);
        data = JSON.stringify(`${round} by ${winners[0]}`);
        assertEqual([await handles[0]!.head(), await documents.get([at('turn')])], [round, [data]], 'what is there');
      }
    });

    rule('do not keep appends without documents from being written at the same time, in order and without a gap', async (log) => {
      const [a, b] = [await openLog(log), await openLog(log)];
      const documents = await a.documents();
      const withDocuments = async (): Promise<void> => {
        for (let n = 1; n <= 20; n++) await commit(a, append('Order-1', n - 1, numbered(1, n), { puts: [document('a', `${n}`)] }));
      };
      const without = async (): Promise<void> => {
        for (let n = 1; n <= 20; n++) await commit(b, append('Order-2', n - 1, numbered(1, n)));
      };
      await Promise.all([withDocuments(), without()]);
      const events = await toArray((await log.open()).readAll());
      assertEqual(positionsOf(events), range(1, 40), 'the positions');
      assertEqual([await a.streamInfo('Order-1'), await a.streamInfo('Order-2')].map((info) => info?.version), [20, 20], 'the versions');
      assertEqual(await documents.get([at('a')]), ['"20"'], 'the document');
    });
  });
}
