import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { streamIdToString } from '../event/stream-id.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { identified, numbered, range, toArray } from '../testing/events.ts';
import { until } from '../testing/wait.ts';
import { openEventStore } from './open-event-store.ts';
import type { PendingEntry } from './synced-store.ts';
import { Server, upToDate } from './synced-store.test-fixture.ts';

describe('a synced store with much that is pending', () => {
  it('knows in no time whether an append is a repeated one beside a large one that waits', async () => {
    const server = new Server();
    server.online = false;
    const store = await server.device();
    await store.appendToStream('Large-1', NoStream, numbered(10_000));
    const start = performance.now();
    for (const events of range(1, 20).map(() => identified(1))) {
      for (const deduplicated of [false, true]) expect(await store.appendToStream('Small-1', AnyVersion, events)).toMatchObject({ deduplicated });
    }
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('makes what it shows of a commit once, however often others come and go', async () => {
    const server = new Server();
    server.online = false;
    const store = await server.device();
    const shown: (readonly PendingEntry[])[] = [];
    store.sync.pending$.subscribe((entries) => shown.push(entries));
    await store.appendToStream('Note-1', AnyVersion, numbered(2), { command: { n: 1 } });
    await until('the first one is shown', async () => shown.at(-1)?.length === 1);
    await store.appendToStream('Note-1', AnyVersion, numbered(1));
    await until('the second one is shown', async () => shown.at(-1)?.length === 2);
    const [before, after] = [shown.at(-2)!, shown.at(-1)!];
    expect(after[0]!.events).toBe(before[0]!.events);
    expect(after[0]).toMatchObject({ command: { n: 1 }, events: [{ version: 1 }, { version: 2 }] });
    expect(after[1]!.events).toMatchObject([{ version: 3, pending: true }]);
    expect(await firstValueFrom(store.sync.pending$)).toEqual(after);
  });

  it('lists streams that are confirmed, pending, or both once each, in order, and thousands of them in no time', async () => {
    const server = new Server();
    const store = await server.device();
    for (const stream of ['A-1', 'C-1', 'D-1']) await store.appendToStream(stream, NoStream, numbered(2));
    await upToDate(store);
    const inServer = await openEventStore({ storage: server.storage });
    await inServer.deleteStream('D-1', 2);
    await inServer.close();
    await upToDate(store);
    server.online = false;
    const many = range(1_000, 4_999).map((n) => `M-${n}`);
    for (const stream of ['C-1', 'B-1', 'Z-1']) await store.appendToStream(stream, AnyVersion, numbered(3));
    await Promise.all(many.map((stream) => store.appendToStream(stream, NoStream, numbered(1))));
    const start = performance.now();
    const listed = (await toArray(store.listStreams({ includeDeleted: true }))).map(({ streamId, version, deleted }) => `${streamIdToString(streamId)}@${version}${deleted ? ' deleted' : ''}`);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(listed).toEqual(['A-1@2', 'B-1@3', 'C-1@5', 'D-1@3 deleted', ...many.map((stream) => `${stream}@1`), 'Z-1@3']);
    for (const [category, listings] of [['C', [{ version: 5 }]], ['D', []]] as const) expect(await toArray(store.listStreams({ category }))).toMatchObject(listings);
  });
});
