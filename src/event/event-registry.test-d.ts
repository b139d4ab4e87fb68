// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import { type } from 'arktype';
import * as v from 'valibot';
import { z } from 'zod';
import { EventRegistry, aggregateStream, defineEvents, eventType, handleCommand, openEventStore, type Decider, type Event, type EventStore, type EventsOf } from '../index.ts';
import { memoryStorage } from '../memory.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function check<T extends true>(): T;

const events = defineEvents({
  OrderPlaced: v.object({ sku: v.string() }),
  ItemAdded: { schema: z.object({ count: z.number() }), schemaVersion: 2 },
  OrderShipped: type({ carrier: 'string' }),
  OrderCancelled: eventType<null>(),
});
type ShopEvent = EventsOf<typeof events>;
check<Same<ShopEvent['type'], 'OrderPlaced' | 'ItemAdded' | 'OrderShipped' | 'OrderCancelled'>>();
check<Same<Extract<ShopEvent, { type: 'OrderPlaced' }>['data'], { sku: string }>>();
check<Same<Extract<ShopEvent, { type: 'ItemAdded' }>['data'], { count: number }>>();
check<Same<Extract<ShopEvent, { type: 'OrderShipped' }>['data'], { carrier: string }>>();
check<Same<Extract<ShopEvent, { type: 'OrderCancelled' }>['data'], null>>();

export async function storesHaveTheTypesOfTheirRegistry(): Promise<void> {
  const store = await openEventStore({ storage: memoryStorage(), events });
  check<Same<typeof store, EventStore<ShopEvent>>>();
  await store.appendToStream('Order-1', 0, [{ type: 'ItemAdded', data: { count: 1 } }]);
  // @ts-expect-error the data of another event
  await store.appendToStream('Order-1', 0, [{ type: 'ItemAdded', data: { sku: 'a' } }]);
  // @ts-expect-error no event of the registry
  await store.appendToStream('Order-1', 0, [{ type: 'Eaten', data: null }]);
  for (const event of await store.loadStream('Order-1')) {
    if (event.type === 'OrderPlaced') check<Same<typeof event.data.sku, string>>();
    if (event.type === 'OrderCancelled') check<Same<typeof event.data, null>>();
  }
}

export function registeringAddsToTheType(): void {
  const registry = new EventRegistry().registerEvent('A', v.number()).registerEvent('B', eventType<'b'>());
  check<Same<EventsOf<typeof registry>, Event<'A', number> | Event<'B', 'b'>>>();
}

declare const shop: EventStore<ShopEvent>;
declare const decider: Decider<{ open: boolean }, { type: 'Ship' }, ShopEvent>;

export async function decidersFitTheirStores(): Promise<void> {
  const { state } = await aggregateStream(shop, 'Order-1', decider);
  check<Same<typeof state, { open: boolean }>>();
  const handle = handleCommand(shop, decider);
  const result = await handle('Order-1', { type: 'Ship' }, { retry: 3 });
  check<Same<typeof result.state, { open: boolean }>>();
  // @ts-expect-error no command of the decider
  await handle('Order-1', { type: 'Eat' });
  // @ts-expect-error events that the store does not have
  handleCommand(shop, {} as Decider<number, string, Event<'Other', number>>);
}
