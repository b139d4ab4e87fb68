import type { StoredEvent } from '../event/event.ts';
import { isErmineError } from '../event/errors.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import type { EventStore } from '../store/event-store.ts';
import { assert, assertEqual, assertFails } from './assert.ts';
import { named, numbered, numbersOf, range, toArray } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';
import { textOf } from './text-of.ts';
import { inTime } from './wait.ts';

const uses: Readonly<Record<string, (store: EventStore) => unknown>> = {
  appendToStream: (store) => store.appendToStream('Order-1', AnyVersion, named('a')),
  appendToStreams: (store) => store.appendToStreams([{ streamId: 'Order-1', expectedVersion: AnyVersion, events: named('a') }]),
  loadStream: (store) => store.loadStream('Order-1'),
  loadStreamFrom: (store) => store.loadStreamFrom('Order-1', 1),
  loadStreamRange: (store) => store.loadStreamRange('Order-1', 1, 1),
  readStream: (store) => toArray(store.readStream('Order-1')),
  readAll: (store) => toArray(store.readAll()),
  getStreamInfo: (store) => store.getStreamInfo('Order-1'),
  listStreams: (store) => toArray(store.listStreams()),
  head: (store) => store.head(),
  deleteStream: (store) => store.deleteStream('Order-1', AnyVersion),
  truncateStream: (store) => store.truncateStream('Order-1', 1),
  exportEvents: (store) => textOf(store.exportEvents()),
  importEvents: (store) => store.importEvents(new Blob([JSON.stringify({ streamId: 'Order-1', type: 'A', data: 0 })])),
  'snapshots.save': (store) => store.snapshots.save({ streamId: 'Order-1', version: 1, data: 0 }),
  'snapshots.load': (store) => store.snapshots.load('Order-1'),
  'snapshots.delete': (store) => store.snapshots.delete('Order-1'),
};

export function closeRules({ group, rule }: Suite): void {
  group('closing', () => {
    rule('finishes the appends that were accepted before, and then rejects with STORE_CLOSED', async (log) => {
      const store = await log.open();
      const live = record(store.subscribeToAll(0));
      const accepted = range(1, 200).map((n) => store.appendToStream(`Order-${n % 5}`, AnyVersion, numbered(1, n)));
      const closing = store.close();
      await assertFails(() => store.appendToStream('Order-1', AnyVersion, numbered(1, 999)), 'STORE_CLOSED');
      const results = await Promise.all(accepted);
      await closing;
      assertEqual(results.map(({ globalPosition }) => globalPosition), range(1, 200), 'the positions');
      await live.untilCompleted();
      const other = await log.open();
      assertEqual(numbersOf(await toArray(other.readAll())), range(1, 200), 'the log');
    });

    for (const [use, call] of Object.entries(uses)) {
      rule(`${use} of a closed store is STORE_CLOSED`, async (log) => {
        const store = await log.open();
        await store.appendToStream('Order-1', NoStream, numbered(1));
        await store.close();
        await assertFails(() => inTime(use, (async () => call(store))()), 'STORE_CLOSED');
        assertEqual((await (await log.open()).head()).position, 1, 'the head');
      });
    }

    rule('an export of a closed store tells who reads it, and nobody else', async (log) => {
      const store = await log.open();
      await store.close();
      await store.exportEvents().cancel();
      const unread = store.exportEvents();
      // Long enough for what is unhandled to be told.
      for (let i = 0; i < 2; i++) await assertFails(() => textOf(store.exportEvents()), 'STORE_CLOSED');
      await assertFails(() => textOf(unread), 'STORE_CLOSED');
    });

    rule('may be done twice, and at the same time', async (log) => {
      const store = await log.open();
      const appending = store.appendToStream('Order-1', NoStream, numbered(1));
      await Promise.all([store.close(), store.close()]);
      await store.close();
      assertEqual((await appending).version, 1, 'the version');
    });

    rule('a read that is under way ends, or fails with STORE_CLOSED', async (log) => {
      const store = await log.open();
      await store.appendToStream('Order-1', NoStream, numbered(5_000));
      const seen: StoredEvent[] = [];
      const reading = (async () => {
        for await (const event of store.readAll()) {
          seen.push(event);
          if (seen.length === 10) await store.close();
        }
      })();
      try {
        await inTime('the read', reading);
      } catch (error) {
        assert(isErmineError(error, 'STORE_CLOSED'), `the read failed with ${error}`);
      }
      assertEqual(numbersOf(seen), range(1, seen.length), 'what was read');
    });

    rule('appends of other handles, before and after, are no business of it', async (log) => {
      const [a, b] = [await log.open(), await log.open()];
      const all = range(1, 40).map((n) => (n % 2 === 0 ? a : b).appendToStream('Order-1', AnyVersion, numbered(1, n)));
      await a.close();
      await Promise.all(all);
      assertEqual((await b.appendToStream('Order-1', 40, numbered(1))).version, 41, 'the version');
    });
  });

  group('health', () => {
    rule('is told at once to everybody who asks: where the log is kept, its epoch, its durability and its connection', async (log) => {
      const store = await log.open();
      const { epoch } = await store.head();
      for (const health of [record(store.health$), record(store.health$)]) {
        const [first] = await health.untilCount(1);
        assertEqual([first?.storage, first?.epoch, first?.connection, first?.error], [log.storage.name, epoch, 'open', undefined], 'the health');
        assert(['strict', 'relaxed', 'none'].includes(first!.durability), `the durability is ${first?.durability}`);
        assert(first?.persisted === undefined || typeof first.persisted === 'boolean', `persisted is ${first?.persisted}`);
        for (const bytes of [first?.usageBytes, first?.quotaBytes]) assert(bytes === undefined || bytes >= 0, `${bytes} bytes`);
      }
    });

    rule('ends with a closed connection when the store closes, and a late asker learns just that', async (log) => {
      const store = await log.open();
      const health = record(store.health$);
      await health.untilCount(1);
      await store.close();
      await health.untilCompleted();
      assertEqual(health.values.at(-1)?.connection, 'closed', 'the last connection state');
      const late = record(store.health$);
      await late.untilCompleted();
      assertEqual(late.values.map(({ connection }) => connection), ['closed'], 'what a late one learns');
    });
  });
}
