import { AnyVersion, NoStream } from '../event/version.ts';
import type { Checkpoint } from '../store/event-store.ts';
import { assertEqual, assertFails } from './assert.ts';
import { named, numbered, numbersOf, placesOf, positionsOf, range, versionsOf } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

const badPositions: readonly unknown[] = [-1, 1.5, NaN, Infinity, Number.MAX_SAFE_INTEGER + 1, '3'];

export function subscriptionRules({ group, rule }: Suite): void {
  group('where subscriptions start', () => {
    rule('to a stream: after the version, and at the beginning with 0 or without one', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-0', NoStream, numbered(2));
      await store.appendToStream('Order-1', NoStream, numbered(3));
      await store.appendToStream('Order-1', 3, numbered(4, 4));
      for (const after of [undefined, 0, 1, 3, 6, 7]) {
        const live = record(store.subscribeToStream('Order-1', after));
        assertEqual(versionsOf(await live.untilCount(7 - (after ?? 0))), range(1, 7).slice(after ?? 0), `those after ${after}`);
        live.subscription.unsubscribe();
      }
    });

    rule('to all: after the position, so a checkpoint is handed back as it is, also from within a commit', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(3));
      await store.appendToStream('Order-2', NoStream, numbered(3, 4));
      const { epoch } = await store.head();
      for (const position of range(0, 6)) {
        for (const from of [position, { epoch, position }]) {
          const live = record(store.subscribeToAll(from));
          assertEqual(positionsOf(await live.untilCount(6 - position)), range(1, 6).slice(position), `those after ${position}`);
          live.subscription.unsubscribe();
        }
      }
      const live = record(store.subscribeToAll(await store.head()));
      const all = record(store.subscribeToAll());
      await store.appendToStream('Order-1', 3, numbered(1, 7));
      assertEqual(positionsOf(await all.untilCount(7)), range(1, 7), 'all, without a position');
      assertEqual(positionsOf(await live.untilCount(1)), [7], 'those after the head');
    });

    rule('within a large append: after the position, right after it was made and later, on the handle that made it and on others', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', NoStream, numbered(600));
      for (const handle of [store, other, store]) {
        for (const after of [0, 1, 255, 256, 257, 300, 511, 512, 513, 599]) {
          for (const events$ of [handle.subscribeToAll(after), handle.subscribeToStream('Order-1', after), handle.subscribeToCategory('Order', after)]) {
            const live = record(events$);
            assertEqual(positionsOf(await live.untilCount(600 - after)), range(after + 1, 600), `those after ${after}`);
            live.subscription.unsubscribe();
          }
        }
      }
    });

    rule('to a category: after the position, with the events of its streams and of no other', async (log) => {
      const store = await log.open();
      for (const id of ['Order-1', 'Orders-1', 'Order-2', 'order-1', 'Orde-r', 'Order-1']) await store.appendToStream(id, AnyVersion, named(id));
      const { epoch } = await store.head();
      assertEqual(placesOf(await record(store.subscribeToCategory('Order')).untilCount(3)), ['Order-1@1', 'Order-2@1', 'Order-1@2'], 'all');
      for (const from of [1, 2, { epoch, position: 2 }]) {
        assertEqual(placesOf(await record(store.subscribeToCategory('Order', from)).untilCount(2)), ['Order-2@1', 'Order-1@2'], 'those after a position');
      }
    });

    rule('beyond the end: only what comes after that', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', NoStream, numbered(2));
      const all = record(other.subscribeToAll(4));
      const stream = record(other.subscribeToStream('Order-1', 4));
      for (const n of range(3, 6)) await store.appendToStream('Order-1', n - 1, numbered(1, n));
      assertEqual(numbersOf(await all.untilCount(2)), [5, 6], 'all');
      assertEqual(numbersOf(await stream.untilCount(2)), [5, 6], 'the stream');
    });

    rule('a stream or a category that does not exist yet is waited for', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const stream = record(other.subscribeToStream('Order-1'));
      const category = record(other.subscribeToCategory('Order'));
      await store.appendToStream('Other-1', NoStream, numbered(5));
      await store.appendToStream('Order-1', NoStream, numbered(2));
      assertEqual(numbersOf(await stream.untilCount(2)), [1, 2], 'the stream');
      assertEqual(numbersOf(await category.untilCount(2)), [1, 2], 'the category');
    });

    rule('nothing is read before somebody subscribes, and each subscriber starts at the same place', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(2));
      const events$ = store.subscribeToStream('Order-1', 1);
      await store.appendToStream('Order-1', 2, numbered(2, 3));
      const first = record(events$);
      assertEqual(numbersOf(await first.untilCount(3)), [2, 3, 4], 'the first subscriber');
      await store.appendToStream('Order-1', 4, numbered(1, 5));
      assertEqual(numbersOf(await record(events$).untilCount(4)), [2, 3, 4, 5], 'the second subscriber');
      assertEqual(numbersOf(await first.untilCount(4)), [2, 3, 4, 5], 'the first subscriber later');
    });

    rule('a checkpoint of another epoch is EPOCH_CHANGED, and never goes on in this log', async (log) => {
      const [store, other] = [await log.open(), await (await log.another()).open()];
      await store.appendToStream('Order-1', NoStream, numbered(5));
      await other.appendToStream('Order-1', NoStream, numbered(5));
      const foreign = await other.head();
      const { epoch } = await store.head();
      for (const position of [0, 3, 5, 100]) {
        for (const events$ of [store.subscribeToAll({ ...foreign, position }), store.subscribeToCategory('Order', { ...foreign, position })]) {
          const failed = record(events$);
          await assertFails(Promise.reject(await failed.untilError()), 'EPOCH_CHANGED', { expectedEpoch: foreign.epoch, actualEpoch: epoch });
          assertEqual(failed.values, [], 'what was delivered');
        }
      }
    });

    rule('a position that is none, or a checkpoint that is none, is INVALID_VERSION', async (log) => {
      const store = await log.open();
      const { epoch } = await store.head();
      for (const bad of badPositions) {
        const position = bad as number;
        const attempts = [store.subscribeToStream('Order-1', position), store.subscribeToAll({ epoch, position }), store.subscribeToCategory('Order', { epoch, position })];
        if (typeof bad === 'number') attempts.push(store.subscribeToAll(position), store.subscribeToCategory('Order', position));
        for (const events$ of attempts) await assertFails(Promise.reject(await record(events$).untilError()), 'INVALID_VERSION');
      }
      for (const bad of [{}, { epoch }, { position: 1 }, { epoch: 1, position: 1 }, 'text', null]) {
        await assertFails(Promise.reject(await record(store.subscribeToAll(bad as unknown as Checkpoint)).untilError()), 'INVALID_VERSION');
      }
    });
  });

  group('caught up', () => {
    rule('is told after everything that was there, on an empty log at once, and again after what came since', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const empty = record(store.subscribeToAll(0, { caughtUp: true }));
      assertEqual(await empty.untilCount(1), [{ type: '$caughtUp', globalPosition: 0 }], 'on an empty log');
      await other.appendToStream('Order-1', NoStream, numbered(3));
      await empty.until('it is told again', (values) => values.some((value) => !('id' in value) && value.globalPosition === 3));
      assertEqual(empty.values.map(({ globalPosition }) => globalPosition), [0, 1, 2, 3, 3], 'the positions');

      const later = record(other.subscribeToAll(0, { caughtUp: true }));
      assertEqual((await later.untilCount(4)).map(({ type }) => type), [...Array<string>(3).fill('Counted'), '$caughtUp'], 'the types');
    });

    rule('is told by every kind of subscription, past what they skip, and only to those that ask for it', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(2));
      await store.appendToStream('Other-1', NoStream, numbered(600));
      const options = { caughtUp: true } as const;
      const asked = [
        store.subscribeToAll(0, { ...options, filter: { streams: ['Order-1'] } }),
        store.subscribeToCategory('Order', 0, options),
        store.subscribeToStream('Order-1', 0, options),
      ].map((events$) => record(events$));
      for (const each of asked) {
        assertEqual((await each.untilCount(3)).map(({ type, globalPosition }) => [type, globalPosition]), [['Counted', 1], ['Counted', 2], ['$caughtUp', 602]], 'what was delivered');
      }
      const unasked = record(store.subscribeToStream('Order-1', 0));
      await store.appendToStream('Order-1', 2, numbered(1, 3));
      assertEqual(numbersOf(await unasked.untilCount(3)), [1, 2, 3], 'what one got that did not ask');
    });
  });
}
