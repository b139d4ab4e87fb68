import { AnyVersion, NoStream } from '../event/version.ts';
import { assertEqual } from './assert.ts';
import { numbered, numbersOf, positionsOf, range, toArray, versionsOf } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const BOUNDARIES = [255, 256, 257, 511, 512, 513, 1_024, 1_025];

/** How a number of events gets into the log: in one append, one by one, or in appends of 7. */
const sizes: readonly [how: string, sizes: (total: number) => number[]][] = [
  ['in one append', (total) => [total]],
  ['in appends of one', (total) => Array<number>(total).fill(1)],
  ['in appends of 7', (total) => [...Array<number>(Math.floor(total / 7)).fill(7), ...(total % 7 === 0 ? [] : [total % 7])]],
];

export function pagingRules({ group, rule }: Suite): void {
  group('pages', () => {
    for (const total of BOUNDARIES) {
      for (const [how, split] of sizes) {
        rule(`${total} events written ${how} are read whole, in both directions and by subscriptions`, async (log) => {
          const store = await log.open();
          let from = 1;
          const appends = split(total).map((size) => {
            const append = store.appendToStream('Order-1', AnyVersion, numbered(size, from));
            from += size;
            return append;
          });
          await Promise.all(appends);
          const all = range(1, total);
          assertEqual(numbersOf(await store.loadStream('Order-1')), all, 'the stream');
          assertEqual(numbersOf(await toArray(store.readAll())), all, 'the log');
          assertEqual(numbersOf(await toArray(store.readAll({ direction: 'backwards' }))), range(total, 1), 'the log backwards');
          assertEqual(numbersOf(await toArray(store.readStream('Order-1', { direction: 'backwards' }))), range(total, 1), 'the stream backwards');
          // A handle that wrote nothing has nothing in memory.
          const other = await log.open();
          for (const events$ of [other.subscribeToAll(0), other.subscribeToStream('Order-1'), other.subscribeToCategory('Order')]) {
            assertEqual(numbersOf(await record(events$).untilCount(total)), all, 'a subscription');
          }
        });
      }
    }

    rule('every start and count around a page gives exactly its events', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(600));
      await Promise.all(range(601, 1_200).map((n) => store.appendToStream('Order-1', AnyVersion, numbered(1, n))));
      for (const from of [1, 2, 255, 256, 257, 511, 512, 513, 599, 600, 601, 700, 1_199, 1_200]) {
        for (const count of [1, 255, 256, 257, 512, 513, 2_000]) {
          const forwards = range(from, Math.min(1_200, from + count - 1));
          const backwards = range(from, Math.max(1, from - count + 1));
          assertEqual(versionsOf(await store.loadStreamRange('Order-1', from, count)), forwards, `${count} of the stream from ${from}`);
          assertEqual(positionsOf(await toArray(store.readAll({ fromPosition: from, count }))), forwards, `${count} of the log from ${from}`);
          const options = { count, direction: 'backwards' } as const;
          assertEqual(versionsOf(await toArray(store.readStream('Order-1', { ...options, fromVersion: from }))), backwards, `${count} of the stream backwards from ${from}`);
          assertEqual(positionsOf(await toArray(store.readAll({ ...options, fromPosition: from }))), backwards, `${count} of the log backwards from ${from}`);
        }
      }
    });

    rule('a stream whose events lie far apart in the log is read whole', async (log) => {
      const store = await log.open();
      for (let n = 1; n <= 8; n++) {
        await store.appendToStream('Rare-1', n - 1, numbered(1, n));
        await store.appendToStream('Often-1', AnyVersion, numbered(400));
      }
      assertEqual(numbersOf(await store.loadStream('Rare-1')), range(1, 8), 'the stream');
      assertEqual(numbersOf(await toArray(store.readStream('Rare-1', { direction: 'backwards' }))), range(8, 1), 'the stream backwards');
      const filter = { streams: ['Rare-1'] };
      assertEqual(numbersOf(await toArray(store.readAll({ filter }))), range(1, 8), 'the log, filtered');
      assertEqual(numbersOf(await toArray(store.readAll({ filter, direction: 'backwards', count: 3 }))), [8, 7, 6], 'the last three of the log, filtered');
      assertEqual(numbersOf(await record((await log.open()).subscribeToCategory('Rare')).untilCount(8)), range(1, 8), 'a subscription');
      assertEqual(numbersOf(await record((await log.open()).subscribeToStream('Rare-1', 3)).untilCount(5)), range(4, 8), 'a subscription to the stream');
    });

    rule('events that are large are read whole as well', async (log) => {
      const store = await log.open();
      const data = (n: number): { n: number; text: string } => ({ n, text: String(n % 10).repeat(60_000) });
      for (let n = 1; n <= 40; n += 8) {
        await store.appendToStream('Order-1', n - 1, range(n, n + 7).map((i) => ({ type: 'Large', data: data(i) })));
      }
      const expected = range(1, 40).map(data);
      assertEqual((await store.loadStream('Order-1')).map((event) => event.data), expected, 'the stream');
      assertEqual((await toArray(store.readAll({ direction: 'backwards' }))).map((event) => event.data), expected.toReversed(), 'the log backwards');
      assertEqual((await record((await log.open()).subscribeToAll(0)).untilCount(40)).map((event) => event.data), expected, 'a subscription');
    });

    rule('events that are appended while the log is read do not disturb the read', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', AnyVersion, numbered(2_000));
      const positions: number[] = [];
      for await (const event of store.readAll()) {
        positions.push(event.globalPosition);
        if (event.globalPosition % 200 === 0 && event.globalPosition <= 2_000) await other.appendToStream('Order-2', AnyVersion, numbered(3));
      }
      assertEqual(positions, range(1, positions.length), 'the positions');
      assertEqual(positions.length >= 2_000, true, 'whether all that was there at the beginning came');
      const backwards: number[] = [];
      for await (const event of store.readAll({ direction: 'backwards' })) {
        backwards.push(event.globalPosition);
        if (event.globalPosition % 200 === 0) await other.appendToStream('Order-2', AnyVersion, numbered(3));
      }
      assertEqual(backwards, range(backwards.length, 1), 'the positions backwards');
    });
  });
}
