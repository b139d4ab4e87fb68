import { describe, expect, it } from 'vitest';
import type { Event, StoredEvent } from '../event/event.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { projection } from '../projection/definition.ts';
import { openProjection } from '../projection/open-projection.ts';
import type { OpenState } from '../projection/opened.ts';
import { statusOf } from '../projection/projections.test-fixture.ts';
import { reject } from '../sync/conflict-policy.ts';
import { numbered, range, toArray } from '../testing/events.ts';
import { openEventStore } from './open-event-store.ts';
import type { SyncedStore } from './synced-store.ts';
import { Server, upToDate } from './synced-store.test-fixture.ts';

const line = ({ globalPosition, streamId, version, data }: StoredEvent): string => `${globalPosition} ${streamIdToString(streamId)} ${version} ${JSON.stringify(data)}`;

/** All that it was given, in order. */
const seen = (inline = false) => projection<Event, string[]>({ name: 'seen', version: 1, inline, initialState: [], evolve: (lines, event) => [...lines, line(event)] });

const openSeen = (store: SyncedStore, inline?: boolean): Promise<OpenState<string[]>> => openProjection(store, seen(inline));

/** It has seen the confirmed log, once and in order. */
async function expectToHaveSeenAll(store: SyncedStore, open: OpenState<string[]>): Promise<readonly string[]> {
  await open.waitFor((await store.head()).position);
  const lines = await open.get();
  expect(lines).toEqual((await toArray(store.readAll())).map(line));
  return lines;
}

describe('a projection over a synced store', () => {
  it('sees what is confirmed and nothing that is pending, and goes on as more is confirmed', async () => {
    const server = new Server();
    server.online = false;
    const [store, other] = [await server.device(), await server.device()];
    const open = await openSeen(store);
    const { globalPosition } = await store.appendToStream('Note-1', NoStream, numbered(2));
    expect(await store.loadStream('Note-1')).toMatchObject([{ pending: true }, { pending: true }]);
    expect(await statusOf(open, ({ state }) => state === 'live')).toMatchObject({ position: 0, head: 0 });
    expect(await open.get()).toEqual([]);
    await expect(open.waitFor(globalPosition)).rejects.toMatchObject({ code: 'INVALID_VERSION', value: Infinity });

    server.online = true;
    await upToDate(store, other);
    expect(await expectToHaveSeenAll(store, open)).toEqual(['1 Note-1 1 {"n":1}', '2 Note-1 2 {"n":2}']);
    const next = open.waitFor(3);
    await other.appendToStream('Note-2', NoStream, numbered(1));
    await next;
    expect(await expectToHaveSeenAll(store, open)).toHaveLength(3);
  });

  it('never sees what was rejected, and sees what was rebased or decided anew once, as it was confirmed', async () => {
    const server = new Server();
    const a = await server.device();
    const b = await server.device({
      conflicts: {
        Counter: 'rebase',
        Seat: { redecide: (command, events) => (events.length < 2 ? [{ type: 'Taken', data: command }] : reject('sold out')) },
      },
    });
    const [openA, openB] = [await openSeen(a), await openSeen(b)];
    server.online = false;
    for (const [i, store] of [a, b].entries()) {
      for (const stream of ['Note-1', 'Counter-1', 'Seat-1']) {
        const command = `${stream} by ${i}`;
        await store.appendToStream(stream, NoStream, [{ type: 'Written', data: command }], { command });
        await store.appendToStream(stream, 1, [{ type: 'Written', data: `${command} too` }], { command: `${command} too` });
      }
    }
    server.online = true;
    await upToDate(a, b, a);
    const lines = await expectToHaveSeenAll(a, openA);
    expect(await expectToHaveSeenAll(b, openB)).toEqual(lines);
    expect(lines.map((text) => text.slice(text.indexOf(' ') + 1)).sort()).toEqual([
      'Counter-1 1 "Counter-1 by 0"',
      'Counter-1 2 "Counter-1 by 0 too"',
      'Counter-1 3 "Counter-1 by 1"',
      'Counter-1 4 "Counter-1 by 1 too"',
      'Note-1 1 "Note-1 by 0"',
      'Note-1 2 "Note-1 by 0 too"',
      'Seat-1 1 "Seat-1 by 0"',
      'Seat-1 2 "Seat-1 by 0 too"',
    ]);
  });

  it('follows a part of the server’s log at its positions, and hears of a deletion', async () => {
    const server = new Server();
    const all = await server.device();
    const some = await server.device({ filter: { categories: ['Note'] } });
    const open = await openProjection(some, projection<Event<'Counted', { n: number }>, { n: number }>({
      name: 'notes',
      version: 1,
      on: {
        Counted: ({ streamId, data }, documents) => documents.put(streamId.id, data),
        $streamDeleted: ({ streamId }, documents) => documents.delete(streamId.id),
      },
    }));
    for (let n = 0; n < 9; n++) await all.appendToStream(n % 3 === 0 ? `Note-${n}` : `Task-${n}`, AnyVersion, numbered(1, n));
    await upToDate(all, some);
    const keys = async (): Promise<string[]> => {
      await open.waitFor((await some.head()).position);
      return (await open.list()).documents.map(({ key }) => key);
    };
    expect(await keys()).toEqual(['0', '3', '6']);
    const back = await openEventStore({ storage: server.storage });
    await back.deleteStream('Note-3', 1);
    await back.close();
    await upToDate(some);
    expect(await keys()).toEqual(['0', '6']);
    expect(await statusOf(open, ({ state }) => state === 'live')).toMatchObject({ position: 10, lag: 0 });
  });

  it('that is inline leaves what sync writes as it is, and has every event as well', async () => {
    const server = new Server();
    const [a, b] = [await server.device(), await server.device()];
    const open = await openSeen(a, true);
    for (const n of range(1, 5)) await Promise.all([a, b].map((store, i) => store.appendToStream(`Note-${i}`, n - 1, numbered(1, n))));
    await upToDate(a, b, a);
    expect(await expectToHaveSeenAll(a, open)).toHaveLength(10);
    expect((await toArray(b.readAll())).map(line)).toEqual(await open.get());
  });
});
