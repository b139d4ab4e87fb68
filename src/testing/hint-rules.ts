import type { Storage } from '../storage/storage.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { assertEqual } from './assert.ts';
import { numbered, numbersOf, positionsOf, range } from './events.ts';
import { record } from './recording.ts';
import type { Suite } from './suite.ts';
import { inTime, nextTask } from './wait.ts';

const NEVER_MS = 3_600_000;

/** The same log under a name that nobody else has: nobody hears its hints, and it hears none. */
function deaf(storage: Storage): Storage {
  return { name: `${storage.name}, unheard ${crypto.randomUUID()}`, open: (onConnection) => storage.open(onConnection) };
}

export function hintRules({ group, rule, supports }: Suite): void {
  group('hints', () => {
    rule('when every hint is lost, events are found by looking now and then', async (log) => {
      const writer = await log.open({ storage: deaf(log.storage) });
      const reader = await log.open({ pollIntervalMs: 20 });
      const recordings = [reader.subscribeToAll(0), reader.subscribeToStream('Order-1'), reader.subscribeToCategory('Order')].map((events$) => record(events$));
      for (let n = 1; n <= 4; n++) {
        await writer.appendToStream('Order-1', n - 1, numbered(1, n));
        for (const each of recordings) assertEqual(numbersOf(await each.untilCount(n)), range(1, n), 'what was delivered');
      }
      await writer.appendToStream('Order-1', 4, numbered(600, 5));
      for (const each of recordings) assertEqual(numbersOf(await each.untilCount(604)), range(1, 604), 'what was delivered');
    });

    if (!supports.hints) return;

    /** Speaks on the channel of the log, as any script of the origin can. */
    const openChannel = (storage: Storage, afterwards: (cleanUp: () => void) => void): BroadcastChannel => {
      const channel = new BroadcastChannel(`ermine:${storage.name}`);
      afterwards(() => channel.close());
      return channel;
    };

    rule('another handle is told of a commit at once, without looking', async (log) => {
      const [writer, reader] = [await log.open(), await log.open({ pollIntervalMs: NEVER_MS })];
      const live = record(reader.subscribeToAll(0));
      for (let n = 1; n <= 10; n++) {
        await (n % 2 === 0 ? writer.appendToStream('Order-1', AnyVersion, numbered(1, n)) : writer.appendToStreams([{ streamId: 'Order-2', expectedVersion: AnyVersion, events: numbered(1, n) }]));
        await live.untilCount(n);
      }
      await writer.deleteStream('Order-2', 5);
      assertEqual(positionsOf(await live.untilCount(11)), range(1, 11), 'the positions');
    });

    rule('a hint tells the epoch and the position of what is stored already, and nothing of a refused append', async (log) => {
      const store = await log.open();
      const other = await log.open();
      const { epoch } = await store.head();
      const channel = openChannel(log.storage, log.afterwards);
      const hints: unknown[] = [];
      let stored = Promise.resolve();
      channel.onmessage = ({ data }: MessageEvent<{ position: number }>) => {
        hints.push(data);
        stored = stored.then(async () => assertEqual((await other.head()).position >= data.position, true, 'whether the position of the hint is stored'));
      };
      const refused = store.appendToStream('Order-1', 7, numbered(1)).catch(() => undefined);
      await Promise.all([refused, ...range(1, 5).map(() => store.appendToStream('Order-1', AnyVersion, numbered(2)))]);
      await store.appendToStream('Order-1', 10, numbered(1));
      const last = new Promise<void>((resolve) => {
        const listen = channel.onmessage!;
        channel.onmessage = (event: MessageEvent<{ position: number }>) => {
          listen.call(channel, event);
          if (event.data.position === 12) resolve();
        };
      });
      await store.appendToStream('Order-1', 11, numbered(1));
      await inTime('the last hint', last);
      await stored;
      const positions = hints.map((hint) => (hint as { position: number }).position);
      assertEqual(hints, positions.map((position) => ({ epoch, position })), 'the hints');
      assertEqual(positions, positions.toSorted((a, b) => a - b), 'their order');
    });

    rule('forged, doubled and senseless hints deliver nothing, double nothing and break nothing', async (log) => {
      const [writer, reader] = [await log.open(), await log.open()];
      const { epoch } = await writer.head();
      const channel = openChannel(log.storage, log.afterwards);
      const all = record(reader.subscribeToAll(0, { caughtUp: true }));
      const stream = record(reader.subscribeToStream('Order-1'));
      const forged: unknown[] = [
        { epoch, position: 1 },
        { epoch, position: 2 },
        { epoch, position: 1_000_000 },
        { epoch, position: Number.MAX_SAFE_INTEGER },
        { epoch, position: 0 },
        { epoch, position: -5 },
        { epoch, position: 1.5 },
        { epoch, position: NaN },
        { epoch, position: Infinity },
        { epoch, position: '3' },
        { epoch: 'another', position: 3 },
        { epoch: 5, position: 3 },
        { epoch },
        { position: 3 },
        { epoch, position: 2, __proto__: { polluted: true } },
        null,
        undefined,
        'text',
        17,
        [],
        new Map([['epoch', epoch]]),
        { type: 'close' },
      ];
      for (let n = 1; n <= 6; n++) {
        for (const hint of [...forged, ...forged]) channel.postMessage(hint);
        await writer.appendToStream('Order-1', n - 1, numbered(1, n));
        await nextTask();
        for (const hint of forged.toReversed()) channel.postMessage(hint);
      }
      // The handle that was lied to can write, too: it does not take the lie for a version.
      await reader.appendToStream('Order-1', 6, numbered(1, 7));
      assertEqual(numbersOf(await stream.untilCount(7)), range(1, 7), 'the subscription to the stream');
      await all.until('it is caught up', (values) => values.some(({ type, globalPosition }) => type === '$caughtUp' && globalPosition === 7));
      const events = all.values.filter(({ type }) => type !== '$caughtUp');
      assertEqual(events.map(({ globalPosition }) => globalPosition), range(1, 7), 'the subscription to all');
      assertEqual(all.values.every(({ globalPosition }) => globalPosition <= 7), true, 'whether nothing beyond the end was told');
    });

    rule('a hint of what was never stored emits nothing, and what is stored there later is delivered', async (log) => {
      const [writer, reader] = [await log.open(), await log.open({ pollIntervalMs: NEVER_MS })];
      const { epoch } = await writer.head();
      await writer.appendToStream('Order-1', NoStream, numbered(1));
      const live = record(reader.subscribeToAll(0));
      await live.untilCount(1);
      const channel = openChannel(log.storage, log.afterwards);
      for (const position of [2, 3, 2]) channel.postMessage({ epoch, position });
      await nextTask();
      await writer.appendToStream('Order-1', 1, numbered(2, 2));
      assertEqual(numbersOf(await live.untilCount(3)), [1, 2, 3], 'what was delivered');
    });
  });
}
