import type { EventStore } from '../store/event-store.ts';
import { AnyVersion } from '../event/version.ts';
import { assertEqual } from './assert.ts';
import { placesOf, positionsOf, range, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

export function correlationRules({ group, rule }: Suite): void {
  /** Events in turn over three streams and, of every `of`, one that belongs to `wanted`. */
  const fill = async (store: EventStore, count: number, of: number, batch = 1): Promise<void> => {
    for (let from = 0; from < count; from += batch) {
      const events = Array.from({ length: batch }, (_, i) => from + i).map((n) => ({
        type: n % 2 ? 'A' : 'B',
        data: { n },
        metadata: { correlationId: n % of === 0 ? 'wanted' : `other ${n % 7}` },
      }));
      await store.appendToStream(`Order-${from % 3}`, AnyVersion, events);
    }
  };
  const positionsAt = (count: number, of: number): number[] => range(1, count).filter((position) => (position - 1) % of === 0);

  group('reading by correlation id', () => {
    rule('finds the events of all streams, in both directions and from any position', async (log) => {
      const store = await log.open();
      await fill(store, 60, 5);
      const expected = positionsAt(60, 5);
      const filter = { correlationId: 'wanted' };
      const read = async (options: object): Promise<number[]> => positionsOf(await toArray(store.readAll({ ...options, filter })));
      assertEqual(await read({}), expected, 'the positions');
      assertEqual(await read({ direction: 'backwards' }), [...expected].reverse(), 'the positions backwards');
      for (const from of [1, 2, 30, 31, 56, 57, 60, 61]) {
        assertEqual(await read({ fromPosition: from }), expected.filter((position) => position >= from), `from ${from}`);
        const before = expected.filter((position) => position <= from).reverse();
        assertEqual(await read({ fromPosition: from, direction: 'backwards' }), before, `backwards from ${from}`);
      }
      assertEqual(await read({ count: 3 }), expected.slice(0, 3), 'the first three');
      assertEqual(await read({ direction: 'backwards', count: 3 }), expected.slice(-3).reverse(), 'the last three');
      assertEqual(await toArray(store.readAll({ filter: { correlationId: 'unknown' } })), [], 'the events of an unknown one');
    });

    rule('finds them inside large batches and over many pages', async (log) => {
      const store = await log.open();
      await fill(store, 3_000, 2, 300);
      const filter = { correlationId: 'wanted' };
      assertEqual(positionsOf(await toArray(store.readAll({ filter }))), positionsAt(3_000, 2), 'the positions');
      assertEqual(positionsOf(await toArray(store.readAll({ filter, direction: 'backwards' }))), positionsAt(3_000, 2).reverse(), 'the positions backwards');
      assertEqual(positionsOf(await toArray(store.readAll({ filter, fromPosition: 1_234 }))), positionsAt(3_000, 2).filter((p) => p >= 1_234), 'the positions from one on');
    });

    rule('goes with the other filters, and holds for subscriptions', async (log) => {
      const store = await log.open();
      await fill(store, 30, 5);
      const filter = { correlationId: 'wanted', types: ['A'], streams: ['Order-2', 'Order-0'] };
      const read = await toArray(store.readAll({ filter }));
      assertEqual(positionsOf(read), [6, 16].filter((position) => [0, 2].includes((position - 1) % 3)), 'the positions');
      const seen = record(store.subscribeToAll(0, { filter: { correlationId: 'wanted' } }));
      log.afterwards(() => seen.subscription.unsubscribe());
      await seen.untilCount(6);
      await store.appendToStream('Invoice-1', AnyVersion, [{ type: 'C', data: 1 }, { type: 'C', data: 2, metadata: { correlationId: 'wanted' } }]);
      await seen.untilCount(7);
      assertEqual(placesOf(seen.values).at(-1), 'Invoice-1@2', 'the last event');
    });

    rule('does not find what was truncated or deleted', async (log) => {
      const store = await log.open();
      await fill(store, 30, 5, 10);
      await store.truncateStream('Order-0', 6);
      await store.deleteStream('Order-1', AnyVersion);
      const found = await toArray(store.readAll({ filter: { correlationId: 'wanted' } }));
      assertEqual(placesOf(found), ['Order-0@6', 'Order-2@1', 'Order-2@6'], 'what is found');
    });
  });
}
