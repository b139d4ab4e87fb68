import { expect, it, onTestFinished } from 'vitest';
import { defineEvents, eventType } from '../event/event-registry.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { EventStore } from '../store/event-store.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { openProjection } from './open-projection.ts';
import { openStore, placed, revenue, statusOf } from './projections.test-fixture.ts';

/** With code for which what is spoiled has another schema version. */
async function openUpcasting(storage: Storage, upcast: (data: unknown) => unknown): Promise<EventStore> {
  const events = defineEvents({ OrderSpoiled: { ...eventType<unknown>(), schemaVersion: 2 } }, { upcasters: [{ type: 'OrderSpoiled', schemaVersion: 1, upcast }] });
  const store = await openEventStore({ storage, events, pollIntervalMs: 3_600_000 });
  onTestFinished(() => store.close());
  return store as EventStore;
}

function raise(message: string): never {
  throw new Error(message);
}

it('an event that cannot be read holds up its projection, not what is before it; who waits hears why, and whose code can read it goes on', async () => {
  const storage = memoryStorage();
  const writer = await openStore(storage);
  for (const [n, event] of [placed(1), placed(2), { type: 'OrderSpoiled', data: null } as const, placed(4)].entries()) await writer.appendToStream(`Order-${n}`, 0, [event]);
  const old = await openProjection(await openUpcasting(storage, () => raise('Spoiled.')), revenue());
  const unreadable = { code: 'UNREADABLE_EVENT', event: { globalPosition: 3 }, message: expect.stringContaining('Spoiled.') };
  await expect(old.waitFor(4)).rejects.toMatchObject(unreadable);
  await expect(old.rebuild()).rejects.toMatchObject(unreadable);
  await old.waitFor(2);
  expect(await old.get()).toEqual({ sum: 3, orders: 2 });
  expect(await statusOf(old, ({ error }) => error !== undefined)).toMatchObject({ state: 'catching up', position: 2, lag: 2, error: unreadable });

  const current = await openProjection(await openUpcasting(storage, (data) => data), revenue());
  await current.waitFor(4);
  expect(await current.get()).toEqual({ sum: 7, orders: 3 });
  await old.waitFor(4);
  expect((await statusOf(old, ({ state, rebuild }) => state === 'live' && !rebuild)).error).toBeUndefined();
});
