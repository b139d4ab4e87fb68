import type { DocumentLog, DocumentPage, DocumentRange, IndexValue } from '../storage/storage.ts';
import { assert, assertEqual } from './assert.ts';
import { at, document, openDocuments } from './documents.ts';
import { range } from './events.ts';
import type { LogUnderTest, Suite } from './suite.ts';

/** Values of an index in their order: numbers, then strings by their UTF-16 units; those of equal value by key. */
const ORDERED: readonly (readonly [key: string, value: IndexValue])[] = [
  ['f', -Infinity],
  ['z', -1.5],
  ['c', 0],
  ['a', 2],
  ['b', 2],
  ['bb', 2],
  ['e', 10],
  ['y', Number.MAX_SAFE_INTEGER],
  ['d', ''],
  ['x', '10'],
  ['w', '2'],
  ['v', 'A'],
  ['u', 'Z'],
  ['s', 'a'],
  ['t', 'a'],
  ['r', 'a\u0000'],
  ['q', 'ä'],
  ['p', '😀'],
  ['o', '\uffff'],
];

async function filled(log: LogUnderTest): Promise<DocumentLog> {
  const documents = await openDocuments(log);
  // Others all around: without the index, in another index, in other collections.
  const puts = ORDERED.map(([key, value], i) => document(key, key, { by: value, by2: -i }));
  const others = ['card', 'cardz'].map((collection) => ({ ...document('m', 'other', { by: 1 }), collection }));
  await documents.write({ puts: [...puts.reverse(), document('n', 'n'), document('m', 'm', { other: 1 }), ...others] });
  return documents;
}

const keysOf = ({ documents }: DocumentPage): string[] => documents.map(({ key }) => key);
const byIndex = { collection: 'cards', index: 'by', direction: 'forwards', limit: 100 } as const;
const byKey = { collection: 'cards', direction: 'forwards', limit: 100 } as const;

/** The keys of all pages, each of which is as long as it may be. */
async function pages(documents: DocumentLog, range: DocumentRange): Promise<string[]> {
  const keys: string[] = [];
  for (let after = range.after; ; ) {
    const page = await documents.list({ ...range, ...(after && { after }) });
    keys.push(...keysOf(page));
    if (!page.next) return keys;
    assertEqual([page.documents.length, page.next.key], [range.limit, page.documents.at(-1)?.key], 'a page that is not the last');
    after = page.next;
  }
}

export function documentListRules({ group, rule }: Suite): void {
  group('listing documents', () => {
    rule('without an index goes by key, in UTF-16 units', async (log) => {
      const documents = await openDocuments(log);
      const keys = ['', '1', '10', '2', 'A', 'Z', 'a', 'a\u0001', 'ab', 'ä', '😀', '\uffff'];
      await documents.write({ puts: [...keys].reverse().map((key) => document(key, key)) });
      const page = await documents.list(byKey);
      assertEqual(page, { documents: keys.map((key) => ({ key, data: JSON.stringify(key) })), next: undefined }, 'the page');
      assertEqual(keysOf(await documents.list({ ...byKey, direction: 'backwards' })), [...keys].reverse(), 'backwards');
      assertEqual(keysOf(await documents.list({ ...byKey, lower: '10', upper: 'a' })), ['10', '2', 'A', 'Z', 'a'], 'between bounds');
      assertEqual(keysOf(await documents.list({ ...byKey, lower: 'B', direction: 'backwards' })), [...keys.slice(5)].reverse(), 'backwards from a bound');
    });

    rule('by an index gives its documents only: numbers, then strings, and by key where they are equal', async (log) => {
      const documents = await filled(log);
      const ordered = ORDERED.map(([key]) => key);
      assertEqual(keysOf(await documents.list(byIndex)), ordered, 'forwards');
      assertEqual(keysOf(await documents.list({ ...byIndex, direction: 'backwards' })), [...ordered].reverse(), 'backwards');
      assertEqual(keysOf(await documents.list({ ...byIndex, index: 'by2' })), [...ordered].reverse(), 'by another index');
      assertEqual(await documents.list({ ...byIndex, index: 'missing' }), { documents: [], next: undefined }, 'by an index that nothing is in');
      assertEqual(await documents.list({ ...byIndex, collection: 'missing' }), { documents: [], next: undefined }, 'of a collection that is not there');
    });

    rule('bounds of an index are inclusive, and may be of two kinds or the wrong way round', async (log) => {
      const documents = await filled(log);
      const between = async (lower?: IndexValue, upper?: IndexValue): Promise<string> => {
        const bounds = { ...byIndex, ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) };
        const [forwards, backwards] = [keysOf(await documents.list(bounds)), keysOf(await documents.list({ ...bounds, direction: 'backwards' }))];
        assertEqual(backwards.reverse(), forwards, 'backwards');
        return forwards.join(' ');
      };
      assertEqual(await between(2, 10), 'a b bb e', 'numbers');
      assertEqual(await between(2, 2), 'a b bb', 'one number');
      assertEqual(await between(3), `e y d x w v u s t r q p o`, 'from a number on');
      assertEqual(await between(undefined, 1), 'f z c', 'up to a number');
      assertEqual(await between('a', 'a'), 's t', 'one string');
      assertEqual(await between('a'), 's t r q p o', 'from a string on');
      assertEqual(await between(undefined, '10'), 'f z c a b bb e y d x', 'up to a string');
      assertEqual(await between(9, '10'), 'e y d x', 'from a number to a string');
      assertEqual(await between(3, 4), '', 'where nothing is');
      assertEqual(await between(10, 2), '', 'the wrong way round');
      assertEqual(await between('a', 2), '', 'the wrong way round, of two kinds');
    });

    rule('pages go on where the one before ended, and the last one says that it is the last', async (log) => {
      const documents = await filled(log);
      for (const source of [byIndex, byKey]) {
        for (const direction of ['forwards', 'backwards'] as const) {
          const all = keysOf(await documents.list({ ...source, direction }));
          for (const limit of [1, 2, 3, all.length - 1, all.length, all.length + 1]) {
            assertEqual(await pages(documents, { ...source, direction, limit }), all, `pages of ${limit} ${direction}`);
          }
        }
      }
      assertEqual(await pages(documents, { ...byIndex, lower: 2, upper: 'a', limit: 2 }), ['a', 'b', 'bb', 'e', 'y', 'd', 'x', 'w', 'v', 'u', 's', 't'], 'pages between bounds');
      assertEqual(await pages(documents, { ...byIndex, lower: 2, upper: 10, limit: 1, direction: 'backwards' }), ['e', 'bb', 'b', 'a'], 'pages between bounds, backwards');
    });

    rule('a page goes on although the document that it goes on after is gone', async (log) => {
      const documents = await filled(log);
      const first = await documents.list({ ...byIndex, limit: 4 });
      await documents.write({ deletes: [at('a')], puts: [document('bz', 'new', { by: 2 }), document('aa', 'new', { by: 2 })] });
      assert(first.next, 'the page is said to be the last');
      assertEqual(keysOf(await documents.list({ ...byIndex, upper: 10, after: first.next })), ['aa', 'b', 'bb', 'bz', 'e'], 'the rest');
    });

    rule('a document moves in an index, leaves it and is in several', async (log) => {
      const documents = await openDocuments(log);
      const listed = async (): Promise<string[][]> => Promise.all(['by', 'also'].map(async (index) => keysOf(await documents.list({ ...byIndex, index }))));
      await documents.write({ puts: [document('a', '1', { by: 1, also: 'x' }), document('b', '1', { by: 2 })] });
      assertEqual(await listed(), [['a', 'b'], ['a']], 'at first');
      await documents.write({ puts: [document('a', '2', { by: 3 }), document('b', '2', { by: 2, also: 'y' })] });
      assertEqual(await listed(), [['b', 'a'], ['b']], 'moved');
      await documents.write({ puts: [document('b', '3')], deletes: [at('a')] });
      assertEqual(await listed(), [[], []], 'left');
    });

    rule('a reader sees all of a write or nothing of it', async (log) => {
      const [writer, reader] = [await openDocuments(log), await openDocuments(log)];
      const versionOf = (n: number) => ({ puts: range(1, 40).map((i) => document(`${i}`, `${n}`, { n })) });
      await writer.write(versionOf(0));
      let writing = true;
      const seen = (async () => {
        while (writing) {
          const texts = (await reader.list({ collection: 'cards', index: 'n', direction: 'forwards', limit: 100 })).documents.map(({ data }) => data);
          assertEqual([texts.length, new Set(texts).size], [40, 1], 'documents and versions');
          const got = await reader.get(range(1, 40).map((i) => at(`${i}`)));
          assertEqual(new Set(got).size, 1, 'versions');
        }
      })();
      for (let n = 1; n <= 15; n++) await writer.write(versionOf(n));
      writing = false;
      await seen;
    });
  });
}
