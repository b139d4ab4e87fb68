import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { defineEvents } from '../event/event-registry.ts';
import type { Event } from '../event/event.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { projection, type DocumentDefinition, type FoldProjection } from './definition.ts';
import { openProjection } from './open-projection.ts';

type CartEvent = Event<'Filled', { count: number }> | Event<'Added', { count: number }> | Event<'Spoiled', null>;
interface Cart {
  filled?: { count: number };
}

/** Keeps what is in an event as a part of its state, and changes that. */
const cart = (more: Partial<FoldProjection<CartEvent, Cart>> = {}): FoldProjection<CartEvent, Cart> =>
  projection<CartEvent, Cart>({
    name: 'cart',
    version: 1,
    initialState: {},
    evolve: (state, event) => {
      if (event.type === 'Filled') state.filled = event.data;
      if (event.type === 'Added') state.filled!.count += event.data.count;
      if (event.type === 'Spoiled') throw new Error('Spoiled.');
      return state;
    },
    ...more,
  });

const filled: readonly [CartEvent, CartEvent] = [{ type: 'Filled', data: { count: 1 } }, { type: 'Added', data: { count: 1 } }];

describe('a projection whose state holds what was in an event', () => {
  it('is right up to the event that it fails at, whatever it has changed before', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    await store.appendToStream('Cart-1', 0, [...filled, { type: 'Spoiled', data: null }]);
    const open = await openProjection(store, cart());
    await expect(open.waitFor(3)).rejects.toThrow('Spoiled.');
    expect(await open.get()).toEqual({ filled: { count: 2 } });
    await store.close();
  });

  it('changes nothing for another one that is inline in the same append', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    const opened = [await openProjection(store, cart({ name: 'one', inline: true })), await openProjection(store, cart({ name: 'other', inline: true }))];
    await store.appendToStream('Cart-1', 0, filled);
    for (const each of opened) expect(await each.get()).toEqual({ filled: { count: 2 } });
    await store.close();
  });
});

describe('an inline projection', () => {
  it('has the events of its streams and categories only', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    const opened = [
      await openProjection(store, cart({ name: 'category', inline: true, filter: { categories: ['Cart'] } })),
      await openProjection(store, cart({ name: 'stream', inline: true, filter: { streams: ['Cart-1'] } })),
    ];
    await store.appendToStreams(['Cart-1', 'Basket-1'].map((streamId, i) => ({ streamId, expectedVersion: 0, events: [{ type: 'Filled', data: { count: i } }] })));
    for (const each of opened) expect(await each.get()).toEqual({ filled: { count: 0 } });
    await store.close();
  });
});

describe('a state that is gone on with as it was made, or as it was read', () => {
  it('is plain JSON: what would be read as something else is refused at the event that brings it', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    await store.appendToStream('Cart-1', 0, filled);
    class Total {
      sum = 1;
    }
    for (const [i, spoil] of [() => new Date(0), () => new Total(), () => ({ toJSON: () => 1 })].entries()) {
      const define = (name: string, initial: unknown) => projection<CartEvent, unknown>({ name: `${name} ${i}`, version: 1, initialState: initial, evolve: (state, { version }) => (version === 2 ? { deep: [spoil()] } : state) });
      const open = await openProjection(store, define('spoilt', 'plain'));
      await expect(open.waitFor(2)).rejects.toThrow(/position 2: state\.deep\[0\] is no plain object/);
      await expect(openProjection(store, define('initial', { a: spoil() }))).rejects.toThrow(/initialState\.a is no plain object/);
    }
    await store.close();
  });
});

describe('a handler that goes on after it has returned', () => {
  it('writes nothing then, and is told', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    const late: Promise<unknown>[] = [];
    const on: DocumentDefinition<CartEvent, { count: number }, never>['on'] = {
      Filled: (event, carts) => carts.put(event.streamId.id, event.data),
      Added: (event, carts) => void late.push(Promise.resolve().then(() => carts.patch(event.streamId.id, { count: 9 }))),
    };
    const open = await openProjection(store, projection<CartEvent, { count: number }, never>({ name: 'late', version: 1, on }));
    await open.waitFor((await store.appendToStream('Cart-1', 0, [filled[0]])).globalPosition);
    await open.waitFor((await store.appendToStream('Cart-1', 1, [filled[1]])).globalPosition);
    await expect(late[0]).rejects.toMatchObject({ code: 'INVALID_PROJECTION', message: expect.stringContaining('after it had returned') });
    expect(await open.get('1')).toEqual({ count: 1 });
    await store.close();
  });
});

describe('a projection of a closed store', () => {
  it('is not opened, since nobody would end it', async () => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    await store.close();
    await expect(openProjection(store, cart())).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('an inline projection of events that cannot be read', () => {
  it('does not keep them from being appended, as it does not when its handler throws', async () => {
    // What the schema makes of the data, it does not take.
    const events = defineEvents({ Added: v.pipe(v.string(), v.transform(Number)) }, { validateOnLoad: true });
    const store = await openEventStore<Event>({ storage: memoryStorage(), events: events as never });
    const open = await openProjection(store, projection<Event, number>({ name: 'count', version: 1, inline: true, initialState: 0, evolve: (count) => count + 1 }));
    await store.appendToStream('Cart-1', 0, [{ type: 'Filled', data: null }]);
    await store.appendToStream('Cart-1', 1, [{ type: 'Added', data: '5' }]);
    await expect(store.loadStream('Cart-1')).rejects.toMatchObject({ code: 'UNREADABLE_EVENT', event: { version: 2 } });
    expect([(await store.head()).position, await open.get()]).toEqual([2, 1]);
    await store.close();
  });
});

describe('an inline projection of what is imported', () => {
  it('sees the events with the versions that they get, however streams take turns', async () => {
    const store = await openEventStore({ storage: memoryStorage() });
    const places = projection<Event, string[]>({ name: 'places', version: 1, inline: true, initialState: [], evolve: (seen, { streamId, version }) => [...seen, `${streamId.id}@${version}`] });
    const open = await openProjection(store, places);
    const lines = ['a', 'b', 'a', 'a', 'b', 'a'].map((id) => JSON.stringify({ streamId: `Cart-${id}`, type: 'Added', data: null }));
    await store.importEvents(new Blob([lines.join('\n')]));
    expect(await open.get()).toEqual(['a@1', 'b@1', 'a@2', 'a@3', 'b@2', 'a@4']);
    await store.close();
  });
});

describe('a projection to documents', () => {
  type Note = { at: unknown; kind?: string };
  const handlers: DocumentDefinition<CartEvent, Note, string>['on'] = {
    Filled: ({ data }, notes) => {
      const note = { at: new Date(data.count) };
      for (const key of ['changed', 'kept']) notes.put(key, note);
    },
    Added: (_, notes) => notes.patch('changed', (note) => Object.assign(note as Note, { kind: typeof note?.at })),
  };

  it.each([['together', [filled]], ['apart', filled.map((event) => [event])]])('is the same whether events are folded %s', async (_, appends) => {
    const store = await openEventStore<CartEvent>({ storage: memoryStorage() });
    const open = await openProjection(store, projection<CartEvent, Note>({ name: 'notes', version: 1, on: handlers }));
    for (const events of appends) await open.waitFor((await store.appendToStream('Cart-1', -1, events)).globalPosition);
    const at = '1970-01-01T00:00:00.001Z';
    expect([await open.get('changed'), await open.get('kept')]).toEqual([{ at, kind: 'string' }, { at }]);
    await store.close();
  });
});
