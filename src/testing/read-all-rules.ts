import type { StoredEvent } from '../event/event.ts';
import { AnyVersion } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import type { EventFilter } from '../subscription/filter.ts';
import { assertEqual, assertFails, failureOf } from './assert.ts';
import { numbered, placesOf, positionsOf, range, toArray } from './events.ts';
import { record } from './recording.ts';
import type { LogUnderTest, Suite } from './suite.ts';

/** 24 events, in several streams of three categories and of three types, with names that begin alike. */
async function openWithMany(log: LogUnderTest): Promise<EventStore> {
  const store = await log.open();
  const streams = ['Order-1', 'Orders-1', 'Order-10', 'Or-der-1', 'order-1', 'Order-1-1'];
  for (const [i, id] of [...streams, ...streams].entries()) {
    await store.appendToStream(id, AnyVersion, [...numbered(1, i, 'Placed'), ...numbered(1, i, i % 2 === 0 ? 'Paid' : 'Placed2')]);
  }
  return store;
}

const nameOf = ({ streamId: { category, id } }: StoredEvent): string => `${category}-${id}`;

const filters: readonly [what: string, filter: EventFilter, passes: (event: StoredEvent) => boolean][] = [
  ['nothing', {}, () => true],
  ['a category', { categories: ['Order'] }, (event) => event.streamId.category === 'Order'],
  ['two categories', { categories: ['Order', 'Or'] }, (event) => ['Order', 'Or'].includes(event.streamId.category)],
  ['a category that has no events', { categories: ['Ord'] }, () => false],
  ['a type', { types: ['Placed'] }, (event) => event.type === 'Placed'],
  ['two types', { types: ['Paid', 'Placed2'] }, (event) => event.type !== 'Placed'],
  ['a stream', { streams: ['Order-1'] }, (event) => nameOf(event) === 'Order-1'],
  ['streams in both forms', { streams: ['Order-1-1', { category: 'Or', id: 'der-1' }] }, (event) => ['Order-1-1', 'Or-der-1'].includes(nameOf(event))],
  ['a category and a type', { categories: ['Order'], types: ['Paid'] }, (event) => event.streamId.category === 'Order' && event.type === 'Paid'],
  ['a category and a stream of another one', { categories: ['Order'], streams: ['order-1'] }, () => false],
  ['all three', { categories: ['Order', 'order'], types: ['Placed'], streams: ['Order-1', 'order-1', 'Orders-1'] }, (event) => ['Order-1', 'order-1'].includes(nameOf(event)) && event.type === 'Placed'],
  ['an empty list of categories', { categories: [] }, () => false],
  ['an empty list of types', { types: [], categories: ['Order'] }, () => false],
  ['an empty list of streams', { streams: [] }, () => false],
];

export function readAllRules({ group, rule }: Suite): void {
  group('reading the log', () => {
    rule('an empty log reads as nothing, in both directions', async (log) => {
      const store = await log.open();
      assertEqual(await toArray(store.readAll()), [], 'forwards');
      assertEqual(await toArray(store.readAll({ direction: 'backwards' })), [], 'backwards');
      assertEqual(await toArray(store.readAll({ fromPosition: 5 })), [], 'from a position');
      assertEqual(await toArray(store.readAll({ fromPosition: 5, direction: 'backwards' })), [], 'backwards from a position');
    });

    rule('readAll goes forwards from the beginning, or from a position, inclusive, also from within a commit', async (log) => {
      const store = await openWithMany(log);
      assertEqual(positionsOf(await toArray(store.readAll())), range(1, 24), 'all');
      assertEqual(positionsOf(await toArray(store.readAll({ fromPosition: 0 }))), range(1, 24), 'from 0');
      for (const fromPosition of range(1, 24)) {
        assertEqual(positionsOf(await toArray(store.readAll({ fromPosition }))), range(fromPosition, 24), `from ${fromPosition}`);
        assertEqual(positionsOf(await toArray(store.readAll({ fromPosition, count: 1 }))), [fromPosition], `one from ${fromPosition}`);
      }
      assertEqual(await toArray(store.readAll({ fromPosition: 25 })), [], 'from beyond the end');
    });

    rule('readAll goes backwards from the end, or from a position, inclusive, also from within a commit', async (log) => {
      const store = await openWithMany(log);
      const direction = 'backwards';
      assertEqual(positionsOf(await toArray(store.readAll({ direction }))), range(24, 1), 'all');
      for (const fromPosition of range(1, 24)) {
        assertEqual(positionsOf(await toArray(store.readAll({ direction, fromPosition }))), range(fromPosition, 1), `from ${fromPosition}`);
        assertEqual(positionsOf(await toArray(store.readAll({ direction, fromPosition, count: 3 }))), range(fromPosition, Math.max(1, fromPosition - 2)), `three from ${fromPosition}`);
      }
      assertEqual(positionsOf(await toArray(store.readAll({ direction, fromPosition: 1_000 }))), range(24, 1), 'from beyond the end');
      assertEqual(await toArray(store.readAll({ direction, fromPosition: 0 })), [], 'from 0');
    });

    for (const [what, filter, passes] of filters) {
      rule(`a filter by ${what} lets the right events through, forwards, backwards, counted and live`, async (log) => {
        const store = await openWithMany(log);
        const expected = (await toArray(store.readAll())).filter(passes);
        assertEqual(placesOf(await toArray(store.readAll({ filter }))), placesOf(expected), 'forwards');
        assertEqual(placesOf(await toArray(store.readAll({ filter, direction: 'backwards' }))), placesOf(expected).reverse(), 'backwards');
        const from = expected[1]?.globalPosition ?? 1;
        assertEqual(placesOf(await toArray(store.readAll({ filter, fromPosition: from, count: 2 }))), placesOf(expected).slice(1, 3), 'two from the second');
        const caughtUp = record(store.subscribeToAll(0, { filter, caughtUp: true }));
        await caughtUp.until('it is caught up', (values) => values.some(({ type }) => type === '$caughtUp'));
        assertEqual(caughtUp.values.filter((value): value is StoredEvent => 'id' in value), expected, 'a subscription');
      });
    }

    rule('a filter with a name that cannot be one is refused', async (log) => {
      const store = await openWithMany(log);
      await assertFails(() => toArray(store.readAll({ filter: { types: [''] } })), 'INVALID_EVENT');
      await assertFails(() => toArray(store.readAll({ filter: { types: [1 as never] } })), 'INVALID_EVENT');
      await assertFails(() => toArray(store.readAll({ filter: { streams: ['Order'] } })), 'INVALID_STREAM_ID');
      await assertFails(() => toArray(store.readAll({ filter: { categories: ['Order-1'] } })), 'INVALID_STREAM_ID');
      const failed = record(store.subscribeToAll(0, { filter: { categories: [''] } }));
      await assertFails(Promise.reject(await failed.untilError()), 'INVALID_STREAM_ID');
    });
  });

  group('cancelling', () => {
    const reads: Readonly<Record<string, (store: EventStore, signal: AbortSignal) => Promise<unknown>>> = {
      loadStream: (store, signal) => store.loadStream('Order-1', { signal }),
      loadStreamFrom: (store, signal) => store.loadStreamFrom('Order-1', 2, { signal }),
      loadStreamRange: (store, signal) => store.loadStreamRange('Order-1', 2, 3_000, { signal }),
      readStream: (store, signal) => toArray(store.readStream('Order-1', { signal })),
      readAll: (store, signal) => toArray(store.readAll({ signal, direction: 'backwards' })),
      listStreams: (store, signal) => toArray(store.listStreams({ signal })),
    };
    for (const [method, read] of Object.entries(reads)) {
      rule(`${method} of a signal that is aborted already rejects with its reason`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Order-1', AnyVersion, numbered(3_000));
        const reason = new Error('the user went away');
        assertEqual(await failureOf(read(store, AbortSignal.abort(reason)), 'the reason of the signal'), reason, 'the error');
        const byDefault = await failureOf(read(store, AbortSignal.abort()), 'an AbortError');
        assertEqual((byDefault as Error).name, 'AbortError', 'the name of the default reason');
      });
    }

    rule('a read ends with the reason of its signal, without a further event, and the store goes on', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, numbered(6_000));
      const reason = new Error('enough');
      for (const read of [(signal: AbortSignal) => store.readAll({ signal }), (signal: AbortSignal) => store.readStream('Order-1', { signal, direction: 'backwards' })]) {
        const controller = new AbortController();
        let seen = 0;
        const reading = async (): Promise<void> => {
          for await (const _event of read(controller.signal)) if (++seen === 10) controller.abort(reason);
        };
        assertEqual(await failureOf(reading, 'the reason of the signal'), reason, 'the error');
        assertEqual(seen, 10, 'the events that came');
      }
      assertEqual((await toArray(store.readAll())).length, 6_000, 'how many events there are');
    });
  });
}
