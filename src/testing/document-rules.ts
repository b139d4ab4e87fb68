import { assert, assertEqual, assertFails } from './assert.ts';
import { at, document, openDocuments, openLog } from './documents.ts';
import { range } from './events.ts';
import type { Suite } from './suite.ts';

export function documentRules({ group, rule }: Suite): void {
  group('documents', () => {
    rule('a document comes back as it was written, on every handle, and undefined where there is none', async (log) => {
      const documents = await openDocuments(log);
      const data = JSON.stringify({ text: 'ä\u0000😀', list: [1, null, { deep: true }] });
      assert(await documents.write({ puts: [{ ...at('a'), data }, document('b', 'B')] }), 'nothing was written');
      for (const handle of [documents, await openDocuments(log)]) {
        assertEqual(await handle.get([at('b'), at('c'), at('a'), at('a', 'other'), at('a')]), ['"B"', undefined, data, undefined, data], 'the documents');
      }
      assertEqual(await documents.get([]), [], 'no document');
    });

    rule('writing replaces a document, and deleting removes it and no other', async (log) => {
      const documents = await openDocuments(log);
      await documents.write({ puts: [document('a', '1'), document('ab', '1'), { ...document('a', 'other'), collection: 'other' }] });
      await documents.write({ puts: [document('a', '2')], deletes: [at('missing')] });
      assertEqual(await documents.get([at('a'), at('ab')]), ['"2"', '"1"'], 'the documents');
      await documents.write({ deletes: [at('a')] });
      assertEqual(await documents.get([at('a'), at('ab'), at('a', 'other')]), [undefined, '"1"', '"other"'], 'what is left');
    });

    rule('names that look alike are different documents', async (log) => {
      const documents = await openDocuments(log);
      const keys = [at('b', 'a'), at('', 'ab'), at('ab', 'c'), at('b', 'a,b'), at('%', 'a'), at('_', 'a'), at('B', 'a'), at('ä', 'a'), at('😀'.repeat(250), 'x'.repeat(250)), at("'; DROP--", '"')];
      await documents.write({ puts: keys.map((key, i) => ({ ...key, data: `${i}` })) });
      assertEqual(await documents.get(keys), keys.map((_, i) => `${i}`), 'the documents');
    });

    rule('what is written as expected is written', async (log) => {
      const documents = await openDocuments(log);
      assert(await documents.write({ expect: [{ ...at('a'), data: undefined }], puts: [document('a', '1')] }), 'a document that must not be there was not written');
      assert(await documents.write({ expect: [{ ...at('a'), data: '"1"' }], puts: [document('a', '2')] }), 'a document as expected was not replaced');
      assert(await documents.write({ expect: [{ ...at('a'), data: '"2"' }, { ...at('b'), data: undefined }], deletes: [at('a')] }), 'a document as expected was not deleted');
      assertEqual(await documents.get([at('a')]), [undefined], 'the document');
    });

    rule('one expectation that fails writes nothing, and says so', async (log) => {
      const documents = await openDocuments(log);
      await documents.write({ puts: [document('a', '1'), document('b', '1', { n: 1 })] });
      for (const expectation of [{ ...at('a'), data: '"0"' }, { ...at('a'), data: undefined }, { ...at('c'), data: '"1"' }]) {
        const expect = [{ ...at('b'), data: '"1"' }, expectation];
        assertEqual(await documents.write({ expect, puts: [document('b', '2', { n: 2 }), document('d', '2')], deletes: [at('a')] }), false, 'what writing says');
      }
      assertEqual(await documents.get([at('a'), at('b'), at('c'), at('d')]), ['"1"', '"1"', undefined, undefined], 'the documents');
      const listed = await documents.list({ collection: 'cards', index: 'n', direction: 'forwards', limit: 10 });
      assertEqual(listed.documents, [{ key: 'b', data: '"1"' }], 'what the index lists');
    });

    rule('of many handles that expect the same document exactly one writes, each time', async (log) => {
      const handles = await Promise.all(range(1, 5).map(() => openDocuments(log)));
      let data: string | undefined;
      for (let round = 1; round <= 10; round++) {
        const outcomes = await Promise.all(handles.map((documents, i) =>
          documents.write({ expect: [{ ...at('counter'), data }], puts: [document('counter', `${round} by ${i}`), document(`won by ${i} in ${round}`, '')] }),
        ));
        assertEqual(outcomes.filter(Boolean).length, 1, `how many won round ${round}`);
        data = JSON.stringify(`${round} by ${outcomes.indexOf(true)}`);
        const marks = await handles[0]!.get(handles.map((_, i) => at(`won by ${i} in ${round}`)));
        assertEqual([await handles[1]!.get([at('counter')]), marks.map((mark) => mark !== undefined)], [[data], outcomes], 'what is there');
      }
    });

    rule('many documents are written at once, whatever the durability', async (log) => {
      const documents = await openDocuments(log);
      const puts = range(1, 1_500).map((n) => document(`${n}`.padStart(5, '0'), `${n}`.repeat(50), { n }));
      assert(await documents.write({ puts }, { durability: 'relaxed' }), 'nothing was written');
      assert(await documents.write({ deletes: puts.slice(0, 700).map(({ key }) => at(key)) }, { durability: 'strict' }), 'nothing was deleted');
      const page = await documents.list({ collection: 'cards', index: 'n', direction: 'forwards', limit: 1_000 });
      assertEqual(page, { documents: puts.slice(700).map(({ key, data }) => ({ key, data })), next: undefined }, 'what is left');
    });

    rule('clearing deletes all documents of a collection and of no other', async (log) => {
      const documents = await openDocuments(log);
      const others = ['card', 'cards ', 'cards-2'].map((collection) => ({ ...document('1', 'other', { n: 1 }), collection }));
      await documents.write({ puts: [...range(1, 1_203).map((n) => document(`${n}`, `${n}`, { n: n % 7 })), ...others] });
      await documents.clear('cards');
      await documents.clear('missing');
      for (const index of [undefined, 'n']) {
        const listed = await documents.list({ collection: 'cards', ...(index && { index }), direction: 'forwards', limit: 10 });
        assertEqual(listed, { documents: [], next: undefined }, `what is listed by ${index ?? 'key'}`);
      }
      assertEqual(await documents.get(others), others.map(({ data }) => data), 'the documents of other collections');
    });

    rule('documents are still there when the log is opened again, and are no part of the log', async (log) => {
      const first = await openLog(log);
      await (await first.documents()).write({ puts: [document('a', '1', { n: 1 })] });
      assertEqual(await first.head(), 0, 'the head');
      await first.close();
      const documents = await openDocuments(log);
      assertEqual(await documents.get([at('a')]), ['"1"'], 'the document');
      const listed = await documents.list({ collection: 'cards', index: 'n', direction: 'forwards', limit: 10 });
      assertEqual(listed.documents.length, 1, 'how many the index lists');
      const another = await openDocuments(await log.another());
      assertEqual(await another.get([at('a')]), [undefined], 'the document in another log');
    });

    rule('after the log was closed every use of documents is STORE_CLOSED', async (log) => {
      const handle = await openLog(log);
      const documents = await handle.documents();
      await handle.close();
      await assertFails(() => documents.get([at('a')]), 'STORE_CLOSED');
      await assertFails(() => documents.list({ collection: 'cards', direction: 'forwards', limit: 1 }), 'STORE_CLOSED');
      await assertFails(() => documents.write({ puts: [document('a', '1')] }), 'STORE_CLOSED');
      await assertFails(() => documents.clear('cards'), 'STORE_CLOSED');
    });
  });
}
