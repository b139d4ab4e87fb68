import { AnyVersion, NoStream } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assertEqual } from './assert.ts';
import { named, numbered, numbersOf, placesOf, positionsOf, range, toArray, versionsOf } from './events.ts';
import { record, type Recording } from './recording.ts';
import type { Suite } from './suite.ts';
import { nextTask } from './wait.ts';

export function liveRules({ group, rule }: Suite): void {
  group('live subscriptions', () => {
    rule('from catching up to live there is no gap, no double and no other order, while two handles append', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      await a.appendToStream('Order-1', NoStream, numbered(700));
      let writing = true;
      const write = async (store: EventStore, id: string): Promise<void> => {
        for (let n = 1; n <= 60; n++) await store.appendToStream(id, AnyVersion, numbered(1 + (n % 3)));
      };
      const writers = Promise.all([write(a, 'Order-2'), write(b, 'Order-1'), write(a, 'Other-1'), write(b, 'Other-1')]).finally(() => (writing = false));
      const all: Recording<{ globalPosition: number }>[] = [];
      const streams: Recording<{ version: number }>[] = [];
      // They begin all the time, each somewhere between the past and now.
      for (let i = 0; writing && i < 40; i++) {
        const store = i % 2 === 0 ? a : b;
        all.push(record(store.subscribeToAll(i * 10)));
        streams.push(record(store.subscribeToStream('Order-1', i * 20)));
        await nextTask();
      }
      await writers;
      const { position } = await a.head();
      const version = (await a.getStreamInfo('Order-1'))!.version;
      for (const [i, each] of all.entries()) {
        assertEqual((await each.untilCount(position - i * 10)).map(({ globalPosition }) => globalPosition), range(i * 10 + 1, position), 'the positions');
      }
      for (const [i, each] of streams.entries()) {
        assertEqual((await each.untilCount(version - i * 20)).map((event) => event.version), range(i * 20 + 1, version), 'the versions');
      }
    });

    rule('one that begins exactly during an append gets it once', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const recordings: Recording<{ data: unknown }>[] = [];
      for (let n = 1; n <= 25; n++) {
        const before = record(b.subscribeToAll(n - 1));
        const appending = a.appendToStream('Order-1', AnyVersion, numbered(1, n));
        recordings.push(before, record(a.subscribeToAll(n - 1)), record(b.subscribeToStream('Order-1', n - 1)), record(a.subscribeToCategory('Order', n - 1)));
        if (n % 3 === 0) await Promise.resolve();
        recordings.push(record(b.subscribeToAll(n - 1)));
        await appending;
        recordings.push(record(a.subscribeToStream('Order-1', n - 1)));
      }
      for (const [i, each] of recordings.entries()) {
        const first = Math.floor(i / 6) + 1;
        assertEqual((await each.untilCount(26 - first)).map(({ data }) => (data as { n: number }).n), range(first, 25), 'what was delivered');
      }
    });

    rule('a hundred subscribers all get everything, in order', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const recordings = range(1, 50).flatMap(() => [record(a.subscribeToAll(0)), record(b.subscribeToStream('Order-1'))]);
      await Promise.all(range(1, 40).map((n) => (n % 2 === 0 ? a : b).appendToStream('Order-1', AnyVersion, numbered(1, n))));
      const order = numbersOf(await a.loadStream('Order-1'));
      for (const each of recordings) assertEqual(numbersOf(await each.untilCount(40)), order, 'what was delivered');
    });

    rule('a commit of this handle is delivered without waiting for anything', async (log) => {
      const store = await log.open({ pollIntervalMs: 3_600_000 });
      const live = record(store.subscribeToStream('Order-1'));
      for (let n = 1; n <= 20; n++) {
        await store.appendToStream('Order-1', n - 1, numbered(1, n));
        await live.untilCount(n);
      }
      assertEqual(numbersOf(live.values), range(1, 20), 'what was delivered');
    });

    rule('what is seen live is already in the log, and can be read and built upon at once', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const answers: Promise<unknown>[] = [];
      record(b.subscribeToStream('Question-1'), (event) => {
        const { version, globalPosition } = event;
        answers.push(
          (async () => {
            assertEqual(versionsOf(await b.loadStreamFrom('Question-1', version)).at(0), version, 'the version that is loaded');
            assertEqual((await toArray(b.readAll({ fromPosition: globalPosition, count: 1 }))).map(({ id }) => id), [event.id], 'the event at its position');
            await b.appendToStream(`Answer-${version}`, NoStream, named(event.id));
          })(),
        );
      });
      const answered = record(a.subscribeToCategory('Answer'));
      await Promise.all(range(1, 15).map(() => a.appendToStream('Question-1', AnyVersion, named('?'))));
      const ids = (await a.loadStream('Question-1')).map(({ id }) => id);
      assertEqual(new Set((await answered.untilCount(15)).map(({ data }) => (data as { name: string }).name)), new Set(ids), 'the answers');
      await Promise.all(answers);
    });

    rule('a filtered one passes over what it skips, however much it is, and stays live', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const live = record(b.subscribeToAll(0, { filter: { types: ['Rare'] } }));
      for (let n = 1; n <= 4; n++) {
        await a.appendToStream('Often-1', AnyVersion, numbered(700));
        await a.appendToStream('Rare-1', AnyVersion, numbered(1, n, 'Rare'));
        assertEqual(numbersOf(await live.untilCount(n)), range(1, n), 'what was delivered');
      }
    });

    rule('a large append, and many at once, are delivered whole', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const recordings = [a, b].flatMap((store) => [record(store.subscribeToAll(0)), record(store.subscribeToStream('Order-1'))]);
      await a.appendToStream('Order-1', NoStream, numbered(3_000));
      await Promise.all(range(3_001, 3_400).map((n) => a.appendToStream('Order-1', AnyVersion, numbered(1, n))));
      for (const each of recordings) assertEqual(numbersOf(await each.untilCount(3_400)), range(1, 3_400), 'what was delivered');
    });

    rule('a refused append is delivered to nobody', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const recordings = [a, b].map((store) => record(store.subscribeToAll(0)));
      const outcomes = await Promise.allSettled(range(1, 40).map((n) => a.appendToStream('Order-1', n % 2 === 0 ? 777 : AnyVersion, numbered(1, n))));
      assertEqual(outcomes.filter(({ status }) => status === 'rejected').length, 20, 'how many were refused');
      await b.appendToStream('Order-1', AnyVersion, numbered(1, 99));
      const odd = [...range(1, 40).filter((n) => n % 2 === 1), 99];
      for (const each of recordings) {
        assertEqual(numbersOf(await each.untilCount(21)), odd, 'what was delivered');
        assertEqual(positionsOf(each.values), range(1, 21), 'the positions');
      }
    });

    rule('subscribing and unsubscribing from within a subscriber disturbs nobody', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(3));
      const inner: Recording<{ globalPosition: number }>[] = [];
      const outer = record(store.subscribeToAll(0), ({ globalPosition }) => {
        inner.push(record(store.subscribeToAll(globalPosition)));
        if (globalPosition % 2 === 0) inner[0]!.subscription.unsubscribe();
      });
      await outer.untilCount(3);
      await store.appendToStream('Order-1', 3, numbered(3, 4));
      assertEqual(placesOf(await outer.untilCount(6)), range(1, 6).map((n) => `Order-1@${n}`), 'the outer one');
      for (const [i, each] of inner.slice(1, 5).entries()) {
        assertEqual((await each.untilCount(4 - i)).map(({ globalPosition }) => globalPosition), range(3 + i, 6), 'an inner one');
      }
    });
  });
}
