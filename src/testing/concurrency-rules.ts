import { isErmineError } from '../event/errors.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { assert, assertEqual } from './assert.ts';
import { named, numbered, numbersOf, placesOf, positionsOf, range, toArray, versionsOf } from './events.ts';
import type { Suite } from './suite.ts';

export function concurrencyRules({ group, rule }: Suite): void {
  group('appends at the same time', () => {
    for (const [what, expectedVersion] of [['NoStream', NoStream], ['the same version', 2]] as const) {
      rule(`of four handles that append with ${what} exactly one wins, and the others learn the actual version`, async (log) => {
        const handles = await Promise.all(range(1, 4).map(() => log.open()));
        for (let round = 1; round <= 5; round++) {
          const id = `Order-${round}`;
          if (expectedVersion > 0) await handles[round % 4]!.appendToStream(id, NoStream, numbered(expectedVersion));
          const outcomes = await Promise.allSettled(handles.map((store, i) => store.appendToStream(id, expectedVersion, named(`handle ${i}`))));
          const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []));
          assertEqual(winners.length, 1, 'how many won');
          for (const outcome of outcomes) {
            if (outcome.status === 'fulfilled') continue;
            assert(isErmineError(outcome.reason, 'CONCURRENCY_CONFLICT'), `a loser failed with ${outcome.reason}`);
            const { streamId, expectedVersion: expected, actualVersion } = outcome.reason;
            assertEqual([streamId, expected, actualVersion], [id, expectedVersion, expectedVersion + 1], 'what the loser learned');
          }
          const last = (await handles[0]!.loadStream(id)).at(-1);
          assertEqual([last?.version, last?.data], [expectedVersion + 1, { name: `handle ${winners[0]}` }], 'the event of the winner');
        }
      });
    }

    rule('two handles that retry on a conflict both get all of their events in, one version each', async (log) => {
      const handles = [await log.open(), await log.open()];
      let conflicts = 0;
      await Promise.all(
        handles.map(async (store, h) => {
          for (let n = 1; n <= 25; n++) {
            for (let done = false; !done; ) {
              const version = (await store.getStreamInfo('Order-1'))?.version ?? 0;
              try {
                await store.appendToStream('Order-1', version, named(`${h}:${n}`));
                done = true;
              } catch (error) {
                assert(isErmineError(error, 'CONCURRENCY_CONFLICT'), `an append failed with ${error}`);
                assert(error.actualVersion > version, `a conflict at ${version} tells of version ${error.actualVersion}`);
                conflicts++;
              }
            }
          }
        }),
      );
      const events = await handles[0]!.loadStream('Order-1');
      assertEqual(versionsOf(events), range(1, 50), 'the versions');
      for (const h of [0, 1]) {
        const own = events.map(({ data }) => (data as { name: string }).name).filter((name) => name.startsWith(`${h}:`));
        assertEqual(own, range(1, 25).map((n) => `${h}:${n}`), `the events of handle ${h} (${conflicts} conflicts)`);
      }
    });

    rule('many appends of one handle in one tick keep the order of the calls, in the log and in their results', async (log) => {
      const store = await log.open();
      const results = await Promise.all(range(1, 500).map((n) => store.appendToStream(`Order-${n % 7}`, AnyVersion, numbered(1, n))));
      assertEqual(results.map(({ globalPosition }) => globalPosition), range(1, 500), 'the positions of the results');
      const events = await toArray(store.readAll());
      assertEqual(numbersOf(events), range(1, 500), 'the log');
      assertEqual(positionsOf(events), range(1, 500), 'the positions');
    });

    rule('appends of one tick see each other, in order, so a chain of expected versions goes through', async (log) => {
      const store = await log.open();
      const results = await Promise.all(range(1, 100).map((n) => store.appendToStream('Order-1', n - 1, numbered(1, n))));
      assertEqual(results.map(({ version }) => version), range(1, 100), 'the versions');
    });

    rule('a conflict among appends of one tick refuses that one alone', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(1));
      const outcomes = await Promise.allSettled(range(1, 60).map((n) => store.appendToStream(`Order-${n}`, n % 3 === 0 ? 5 : AnyVersion, numbered(2, n))));
      assertEqual(outcomes.map(({ status }) => status), range(1, 60).map((n) => (n % 3 === 0 ? 'rejected' : 'fulfilled')), 'the outcomes');
      assertEqual(positionsOf(await toArray(store.readAll())), range(1, 81), 'the positions');
      const results = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value.globalPosition] : []));
      assertEqual(results, range(1, 40).map((n) => 1 + 2 * n), 'the positions of the results');
    });

    rule('of handles that write at the same time, each keeps its order, and the positions have no gap', async (log) => {
      const handles = await Promise.all(range(1, 3).map(() => log.open()));
      const results = await Promise.all(
        handles.flatMap((store, h) => {
          let version = 0;
          return range(1, 100).map((n) => {
            const size = 1 + (n % 3);
            const expectedVersion = n % 10 === 0 ? AnyVersion : version;
            version += size;
            return store.appendToStream(`Writer-${h}`, expectedVersion, numbered(size, n * 10));
          });
        }),
      );
      const events = await toArray(handles[0]!.readAll());
      assertEqual(positionsOf(events), range(1, events.length), 'the positions');
      assertEqual(events.length, 3 * range(1, 100).reduce((sum, n) => sum + 1 + (n % 3), 0), 'how many events there are');
      for (const h of handles.keys()) {
        const numbers = numbersOf(events.filter(({ streamId }) => streamId.id === String(h)));
        assertEqual(numbers, numbers.toSorted((a, b) => a - b), `the order of handle ${h}`);
      }
      const placeByPosition = new Map(events.map((event) => [event.globalPosition, `${event.streamId.id}@${event.version}`]));
      results.forEach(({ version, globalPosition }, i) => assertEqual(placeByPosition.get(globalPosition), `${Math.floor(i / 100)}@${version}`, 'what is at the position of a result'));
    });

    rule('large appends of several handles at the same time are each written whole and once, one after the other', async (log) => {
      const handles = await Promise.all(range(1, 3).map(() => log.open()));
      await Promise.all(handles.map((store, h) => store.appendToStream(`Writer-${h}`, NoStream, numbered(1))));
      let version = 1;
      for (const size of [257, 300, 700, 1_500]) {
        // All of them know where the log ends, so each one tries to write there.
        await Promise.all(handles.map((store) => store.head()));
        const results = await Promise.all(handles.map((store, h) => store.appendToStream(`Writer-${h}`, version, numbered(size + h, version + 1))));
        assertEqual(results.map((result) => result.version), handles.map((_, h) => version + size + h), 'the versions of the results');
        await Promise.all(handles.map((store, h) => store.appendToStream(`Writer-${h}`, AnyVersion, numbered(3 - h, version + size + h + 1))));
        version += size + 3;
        const events = await toArray(handles[0]!.readAll());
        assertEqual(positionsOf(events), range(1, events.length), 'the positions');
        for (const h of handles.keys()) {
          const own = events.filter(({ streamId }) => streamId.id === String(h));
          assertEqual([versionsOf(own), numbersOf(own)], [range(1, version), range(1, version)], `the events of handle ${h}`);
          assertEqual(versionsOf(await handles[(h + 1) % 3]!.loadStream(`Writer-${h}`)), range(1, version), `the stream of handle ${h}`);
        }
      }
    });

    rule('appends to the same streams in opposite order do not block each other', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const both = (first: string, second: string) => [first, second].map((streamId) => ({ streamId, expectedVersion: AnyVersion, events: numbered(1) }));
      await Promise.all(range(1, 30).flatMap(() => [a.appendToStreams(both('X-1', 'Y-1')), b.appendToStreams(both('Y-1', 'X-1'))]));
      for (const id of ['X-1', 'Y-1']) assertEqual(versionsOf(await a.loadStream(id)), range(1, 60), `the versions of ${id}`);
    });

    rule('a handle that knows an old version of a stream is not misled by it', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      await a.appendToStream('Order-1', NoStream, numbered(1));
      await b.appendToStream('Order-1', 1, numbered(1, 2));
      await b.appendToStream('Order-2', NoStream, numbered(3));
      await b.deleteStream('Order-2', 3);
      await b.appendToStream('Order-3', NoStream, numbered(600));
      assertEqual((await a.appendToStream('Order-1', 2, numbered(1, 3))).version, 3, 'the version');
      assertEqual((await a.appendToStream('Order-3', 600, numbered(1))).version, 601, 'the version of a stream that it never saw');
      assertEqual((await b.appendToStream('Order-1', 3, numbered(1, 4))).version, 4, 'the version');
      assertEqual(placesOf(await b.loadStream('Order-1')), range(1, 4).map((n) => `Order-1@${n}`), 'the stream');
    });
  });
}
