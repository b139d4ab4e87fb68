import type { EventData } from '../event/event.ts';
import { AnyVersion, NoStream, StreamExists } from '../event/version.ts';
import { assertEqual, assertFails } from './assert.ts';
import { identified, numbered, numbersOf, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';

export function idempotencyRules({ group, rule }: Suite): void {
  group('idempotency by event id', () => {
    for (const [name, expectedVersion] of [['AnyVersion', AnyVersion], ['NoStream', NoStream], ['StreamExists', StreamExists], ['the version it was', 2], ['a version that is over', 3], ['a version that never was', 77]] as const) {
      rule(`repeating an append with ${name} gives its first result, deduplicated, and writes nothing`, async (log) => {
        const [store, other] = [await log.open(), await log.open()];
        await store.appendToStream('Order-0', AnyVersion, numbered(3));
        await store.appendToStream('Order-1', AnyVersion, numbered(2));
        const events = identified(3);
        const first = await store.appendToStream('Order-1', 2, events);
        assertEqual(first, { version: 5, globalPosition: 8, deduplicated: false }, 'the first result');
        await store.appendToStream('Order-1', 5, numbered(4));
        for (const handle of [store, other]) {
          assertEqual(await handle.appendToStream('Order-1', expectedVersion, events), { ...first, deduplicated: true }, 'the result of the repetition');
        }
        assertEqual((await store.head()).position, 12, 'the head');
      });
    }

    rule('ids that the store made, read back and given again, are a repetition as well', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      await store.appendToStream('Order-1', AnyVersion, numbered(2));
      const first = await store.appendToStream('Order-1', AnyVersion, numbered(300));
      const events = (await store.loadStreamFrom('Order-1', 3)).map(({ type, data, id }) => ({ type, data, id }));
      for (const handle of [store, other]) {
        assertEqual(await handle.appendToStream('Order-1', NoStream, events as EventData[]), { ...first, deduplicated: true }, 'the result');
        await assertFails(() => handle.appendToStream('Order-1', AnyVersion, [...events.slice(-1), ...numbered(1)]), 'CORRUPTED_IDEMPOTENCY');
        await assertFails(() => handle.appendToStream('Order-2', AnyVersion, events.slice(0, 1)), 'CORRUPTED_IDEMPOTENCY');
      }
      assertEqual((await store.head()).position, 302, 'the head');
    });

    rule('ids are told apart from others that begin alike', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', AnyVersion, numbered(3));
      const [first] = await store.loadStream('Order-1');
      const alike = Array.from({ length: 300 }, (_, i) => first!.id.slice(0, 32) + (i + 1000).toString(16).padStart(4, '0'));
      const result = await store.appendToStream('Order-2', NoStream, alike.map((id) => ({ type: 'A', data: 0, id })));
      assertEqual(result, { version: 300, globalPosition: 303, deduplicated: false }, 'the result');
      assertEqual((await store.loadStream('Order-2')).map(({ id }) => id), alike, 'the ids');
    });

    rule('ids that are known in part, in another order, in another stream or not together are CORRUPTED_IDEMPOTENCY', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const events = identified(3);
      const more = identified(2, 4);
      await store.appendToStream('Order-1', AnyVersion, events);
      await store.appendToStream('Order-1', AnyVersion, numbered(1));
      await store.appendToStream('Order-1', AnyVersion, more);
      const [a, b, c] = events as [EventData, EventData, EventData];
      const attempts: [stream: string, events: EventData[]][] = [
        ['Order-1', [...events, ...identified(1)]],
        ['Order-1', [...identified(1), ...events]],
        ['Order-1', [a, ...identified(1), b]],
        ['Order-1', [...events, ...numbered(1)]],
        ['Order-1', [b, a, c]],
        ['Order-1', [a, c]],
        ['Order-1', [...events, ...more]],
        ['Order-2', events],
        ['Order-2', [a]],
      ];
      for (const handle of [store, other]) {
        for (const [stream, attempt] of attempts) {
          const error = await assertFails(() => handle.appendToStream(stream, AnyVersion, attempt), 'CORRUPTED_IDEMPOTENCY', { streamId: stream });
          const known = attempt.flatMap(({ id }) => (id && [...events, ...more].some((event) => event.id === id) ? [id] : []));
          assertEqual(error['knownIds'], known, 'the known ids');
        }
      }
      assertEqual((await store.head()).position, 6, 'the head');
    });

    rule('a part of an append, in order, is a repetition of that part', async (log) => {
      const store = await log.open();
      const events = identified(4);
      await store.appendToStream('Order-1', AnyVersion, events);
      const result = await store.appendToStream('Order-1', NoStream, events.slice(1, 3));
      assertEqual(result, { version: 3, globalPosition: 3, deduplicated: true }, 'the result');
    });

    rule('a repeated append to several streams gives all its first results', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const writes = [
        { streamId: 'Order-1', expectedVersion: NoStream, events: identified(2) },
        { streamId: 'Stock-1', expectedVersion: NoStream, events: identified(1) },
      ];
      const first = await store.appendToStreams(writes);
      await store.appendToStream('Order-1', 2, numbered(5));
      for (const handle of [store, other]) {
        assertEqual(await handle.appendToStreams(writes), first.map((result) => ({ ...result, deduplicated: true })), 'the results');
        const [order, stock] = writes as [(typeof writes)[0], (typeof writes)[0]];
        await assertFails(() => handle.appendToStreams([{ ...order, events: stock.events }, { ...stock, events: order.events }]), 'CORRUPTED_IDEMPOTENCY');
        await assertFails(() => handle.appendToStreams([order, { ...stock, events: identified(1) }]), 'CORRUPTED_IDEMPOTENCY');
      }
      assertEqual((await store.head()).position, 8, 'the head');
    });

    rule('a repeated append that also checked a stream says how that one is now, whatever became of it', async (log) => {
      const store = await log.open();
      await store.appendToStream('Rule-1', NoStream, numbered(2));
      const writes = [
        { streamId: 'Rule-1', expectedVersion: 2, events: [] },
        { streamId: 'Order-1', expectedVersion: NoStream, events: identified(2) },
      ];
      const [, written] = await store.appendToStreams(writes);
      await store.appendToStream('Rule-1', 2, numbered(1));
      const again = async (): Promise<unknown> => {
        const [checked, ...rest] = await store.appendToStreams(writes);
        return [checked?.version, checked?.deduplicated, ...rest];
      };
      assertEqual(await again(), [3, true, { ...written, deduplicated: true }], 'the results');
      await store.deleteStream('Rule-1', 3);
      assertEqual(await again(), [4, true, { ...written, deduplicated: true }], 'the results after the deletion');
    });

    rule('the same append many times in one tick is written once', async (log) => {
      const [store, other] = [await log.open(), await log.open()];
      const events = identified(3);
      const live = record(other.subscribeToAll(0));
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? store : other).appendToStream('Order-1', NoStream, events)));
      assertEqual(results.filter(({ deduplicated }) => !deduplicated).length, 1, 'appends that were not deduplicated');
      assertEqual(new Set(results.map((result) => JSON.stringify([result.version, result.globalPosition]))).size, 1, 'different results');
      await store.appendToStream('Order-1', 3, numbered(1, 4));
      assertEqual(numbersOf(await live.untilCount(4)), [1, 2, 3, 4], 'what was delivered');
      assertEqual(numbersOf(await toArray(store.readAll())), [1, 2, 3, 4], 'the log');
    });

    rule('in one tick, an append that repeats a part of the one before is refused, and the next one goes through', async (log) => {
      const store = await log.open();
      const events = identified(3);
      const [first, partial, next] = await Promise.allSettled([
        store.appendToStream('Order-1', NoStream, events),
        store.appendToStream('Order-1', AnyVersion, [...events.slice(1), ...identified(1)]),
        store.appendToStream('Order-1', 3, identified(1, 4)),
      ]);
      assertEqual([first.status, partial.status, next.status], ['fulfilled', 'rejected', 'fulfilled'], 'the outcomes');
      await assertFails(Promise.reject((partial as PromiseRejectedResult).reason), 'CORRUPTED_IDEMPOTENCY');
      assertEqual(numbersOf(await store.loadStream('Order-1')), [1, 2, 3, 4], 'the stream');
    });

    rule('an append that was refused leaves its ids free', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(1));
      const events = identified(2, 2);
      await assertFails(() => store.appendToStream('Order-1', NoStream, events), 'CONCURRENCY_CONFLICT');
      assertEqual(await store.appendToStream('Order-1', 1, events), { version: 3, globalPosition: 3, deduplicated: false }, 'the result');
    });

    rule('ids in upper case are the same ids', async (log) => {
      const store = await log.open();
      const events = identified(2);
      const first = await store.appendToStream('Order-1', NoStream, events);
      const again = events.map((event) => ({ ...event, id: event.id.toUpperCase() }));
      assertEqual(await store.appendToStream('Order-1', NoStream, again), { ...first, deduplicated: true }, 'the result');
    });
  });
}
