import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { projection } from '../projection/definition.ts';
import { openProjection } from '../projection/open-projection.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { numbered, toArray } from '../testing/events.ts';
import { openEventStore } from './open-event-store.ts';
import type { SyncedStore } from './synced-store.ts';
import { Server, shown, upToDate } from './synced-store.test-fixture.ts';

const NOTES = { categories: ['Note'] };
const BOTH = { categories: ['Note', 'Task'] };

/** A storage for each generation. */
function generations(): ((generation: number) => Storage) & { readonly opened: Storage[] } {
  const opened: Storage[] = [];
  return Object.assign((generation: number) => (opened[generation] ??= memoryStorage()), { opened });
}

const status = async (store: SyncedStore): Promise<unknown> => firstValueFrom(store.sync.status$);
const streamsOf = async (store: SyncedStore): Promise<string[]> => (await toArray(store.readAll())).map(({ streamId }) => `${streamId.category}-${streamId.id}`);

/** A server with five events, and a device that has those of the notes and one of its own pending. */
async function world(filter = NOTES) {
  const server = new Server();
  const back = await server.device();
  for (const stream of ['Note-1', 'Task-1', 'Note-1', 'Task-2', 'Note-2']) await back.appendToStream(stream, AnyVersion, numbered(1));
  await upToDate(back);
  const storage = generations();
  const store = await server.device({ storage, filter });
  await upToDate(store);
  server.online = false;
  await store.appendToStream('Note-1', 2, numbered(1, 3));
  return { server, back, storage, store };
}

describe('a synced store whose scope has changed', () => {
  it('serves what it has until what is wanted now is whole beside it, and goes on there with what is pending', async () => {
    const { server, back, storage, store } = await world();
    await store.close();

    const old = await server.device({ storage, filter: BOTH });
    await old.sync.now();
    expect(await streamsOf(old)).toEqual(['Note-1', 'Note-1', 'Note-2']);
    await old.appendToStream('Note-2', 1, numbered(1, 2));
    await expect(old.appendToStream('Task-1', 1, numbered(1))).rejects.toMatchObject({ reason: 'NOT_REPLICATED' });
    await old.appendToStream('Task-1', AnyVersion, numbered(1, 2));

    server.online = true;
    await old.sync.now();
    expect(await status(old)).toMatchObject({ state: 'stuck', final: true, error: { reason: 'SCOPE_CHANGED' } });
    await expect(old.appendToStream('Note-2', AnyVersion, numbered(1))).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'MOVED' });
    await old.close();

    // Whole without a network.
    server.online = false;
    const next = await server.device({ storage, filter: BOTH });
    expect((await streamsOf(next)).slice(0, 5)).toEqual(['Note-1', 'Task-1', 'Note-1', 'Task-2', 'Note-2']);
    expect(await next.loadStream('Note-1')).toHaveLength(3);
    expect(await next.loadStream('Task-1')).toHaveLength(2);
    await next.appendToStream('Task-2', 1, numbered(1, 2));
    server.online = true;
    await upToDate(next, back);
    expect(await firstValueFrom(next.sync.pending$)).toEqual([]);
    expect(await firstValueFrom(next.sync.rejected$)).toEqual([]);
    const all = await toArray(back.readAll());
    expect(shown(await toArray(next.readAll()))).toEqual(shown(all));
    expect(new Set(all.map(({ id }) => id)).size).toBe(9);
    expect(await back.loadStream('Note-1')).toHaveLength(3);
  });

  it('a right that was taken away takes its events from the device, and the pending commits that need it go to the dead letters', async () => {
    const { server, storage, store } = await world(BOTH);
    await store.appendToStream('Task-1', 1, numbered(1, 2));
    server.online = true;
    server.readable = NOTES;
    await store.sync.now();
    expect(await status(store)).toMatchObject({ state: 'stuck', error: { reason: 'SCOPE_CHANGED' } });
    await store.close();

    const next = await server.device({ storage, filter: BOTH });
    await upToDate(next);
    expect(new Set(await streamsOf(next))).toEqual(new Set(['Note-1', 'Note-2']));
    const before = await openEventStore({ storage: storage.opened[0]! });
    expect(await toArray(before.readAll())).toEqual([]);
    await before.close();
  });

  it('leaves what is pending in streams that are not replicated any more to the server, which alone knows them', async () => {
    const { server, back, storage, store } = await world(BOTH);
    await store.appendToStream('Task-1', 1, numbered(1, 2));
    await store.appendToStream('Task-1', 2, numbered(1, 3));
    await store.appendToStream('Task-2', 1, numbered(1, 2));
    await store.close();
    // The first commit conflicts, so the others are pushed from the next generation only.
    for (const [stream, version] of [['Note-1', 2], ['Task-2', 1]] as const) await back.appendToStream(stream, version, numbered(1));
    server.online = true;
    await upToDate(back);
    const old = await server.device({ storage, filter: NOTES });
    await old.sync.now();
    await old.close();

    const next = await server.device({ storage, filter: NOTES });
    await upToDate(next);
    await upToDate(back);
    expect(await back.loadStream('Task-1')).toHaveLength(3);
    const rejected = await firstValueFrom(next.sync.rejected$);
    expect(rejected.map(({ reason }) => [reason.stream, reason.actualVersion])).toEqual([['Note-1', 3], ['Task-2', 2]]);
    await next.sync.retry(rejected[1]!.commitId);
    await upToDate(next);
    await upToDate(back);
    expect(await back.loadStream('Task-2')).toHaveLength(3);
  });

  it('is not one whose rights are told in another order', async () => {
    const server = new Server();
    server.readable = { categories: ['Note', 'Task'], streams: ['Shop-1'] };
    const store = await server.device();
    await upToDate(store);
    server.readable = { streams: ['Shop-1'], categories: ['Task', 'Note', 'Task'] };
    await upToDate(store);
  });

  it('takes what projections have made of the events along, in a tab that is still open too', async () => {
    const { server, storage, store } = await world();
    const notes = projection<Event, { n: number }, 'n'>({ name: 'notes', version: 1, indexes: { n: ({ n }) => n }, otherwise: ({ globalPosition }, documents) => documents.put(`${globalPosition}`, { n: globalPosition }) });
    const last = projection<Event, number>({ name: 'last', version: 1, initialState: 0, evolve: (_, { globalPosition }) => globalPosition });
    const [openNotes, openLast] = [await openProjection(store, notes), await openProjection(store, last)];
    await Promise.all([openNotes, openLast].map((open) => open.waitFor(5)));
    expect((await openNotes.list()).documents).toHaveLength(3);
    server.online = true;
    server.readable = { categories: ['Task'] };
    await store.sync.now();

    const next = await server.device({ storage, filter: NOTES });
    expect(await streamsOf(next)).toEqual([]);
    expect((await openNotes.list()).documents).toEqual([]);
    expect((await openNotes.list({ index: 'n' })).documents).toEqual([]);
    expect(await openLast.get()).toBe(0);
    const left = await (await storage.opened[0]!.open(() => undefined)).documents();
    for (const collection of ['projections/notes/1', 'projections/last/1', '$outbox', '$rejected']) {
      expect(await left.list({ collection, direction: 'forwards', limit: 1 })).toMatchObject({ documents: [] });
    }
    await openProjection(next, last).then((open) => open.waitFor(0));
  });

  it('goes on where filling it was interrupted, and takes over what a tab that crashed has left', async () => {
    const { server, back, storage, store } = await world();
    await store.close();
    for (let i = 0; i < 5; i++) await back.appendToStream('Task-9', AnyVersion, numbered(10));
    server.online = true;
    await upToDate(back);

    server.left = 0;
    const old = await server.device({ storage, filter: BOTH });
    // Whichever request is the last one that gets through.
    for (let requests = 1; requests < 12; requests++) {
      server.left = requests;
      await old.sync.now();
      if (JSON.stringify(await status(old)).includes('SCOPE_CHANGED')) break;
      expect(await status(old)).toMatchObject({ state: 'offline' });
    }
    expect(storage.opened).toHaveLength(2);
    await old.close();

    // As if the tab had ended right after it said where it goes on.
    const crashed = await storage.opened[1]!.open(() => undefined);
    const documents = await crashed.documents();
    const outbox = { collection: '$sync', key: 'outbox' };
    const [text] = await documents.get([outbox]);
    const { clientId } = JSON.parse(text!) as { clientId: string };
    const { documents: taken } = await documents.list({ collection: '$outbox', direction: 'forwards', limit: 10 });
    expect(taken.length).toBeGreaterThan(0);
    const deletes = taken.map(({ key }) => ({ collection: '$outbox', key }));
    expect(await documents.write({ puts: [{ ...outbox, data: JSON.stringify({ clientId, next: 1, seq: 1, edits: 0 }) }], deletes })).toBe(true);
    await crashed.close();

    server.left = Infinity;
    const next = await server.device({ storage, filter: BOTH });
    await upToDate(next, back);
    expect(await back.loadStream('Note-1')).toHaveLength(3);
    expect(shown(await toArray(next.readAll()))).toEqual(shown(await toArray(back.readAll())));
  });

  it('what the server took while it could not be confirmed is not pending twice', async () => {
    const { server, storage, store } = await world();
    await store.close();
    server.online = true;
    const old = await server.device({ storage, filter: BOTH });
    await old.sync.now();
    await old.close();
    server.online = false;
    const next = await server.device({ storage, filter: BOTH });
    expect(await next.loadStream('Note-1')).toHaveLength(3);
    server.online = true;
    await upToDate(next);
    expect(await next.loadStream('Note-1')).toHaveLength(3);
    await next.appendToStream('Note-3', NoStream, numbered(1));
    await upToDate(next);
    expect(await firstValueFrom(next.sync.pending$)).toEqual([]);
  });

  it('wants a storage of its own for each generation', async () => {
    const { server, storage, store } = await world();
    await store.close();
    server.online = true;
    const again = await server.device({ storage: () => storage.opened[0]!, filter: BOTH });
    await again.sync.now();
    expect(await status(again)).toMatchObject({ state: 'stuck', error: { code: 'SYNC_REFUSED', reason: 'NOT_A_REPLICA' } });
    await again.close();
    const moved = await server.device({ storage, filter: BOTH });
    await moved.sync.now();
    await moved.close();
    await expect(server.device({ storage: storage.opened[0]!, filter: BOTH })).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'MOVED' });
  });
});
