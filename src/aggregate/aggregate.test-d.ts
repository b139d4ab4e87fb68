// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import type { Decider, Event, EventStore } from '../index.ts';
import { Aggregate, aggregateStream, createRepository, handleCommand } from '../index.ts';
import type { SyncedStore } from '../sync.ts';

type OrderEvent = Event<'OrderPlaced', { readonly sku: string }> | Event<'OrderShipped', null>;
type InvoiceEvent = Event<'InvoiceSent', { readonly cents: number }>;

declare const order: Decider<{ readonly placed: boolean }, { readonly place: string }, OrderEvent>;
declare const shop: EventStore<OrderEvent | InvoiceEvent>;
declare const synced: SyncedStore<OrderEvent | InvoiceEvent>;
declare const untyped: EventStore;
declare const invoices: EventStore<InvoiceEvent>;

class Order extends Aggregate<number, OrderEvent> {
  protected initialState = () => 0;
  protected evolve = (placed: number) => placed + 1;
}

export async function aStoreMayHoldMoreKindsOfEvents(): Promise<void> {
  for (const store of [shop, untyped, synced]) await handleCommand(store, order)('Order-1', { place: 'b-7' });
  const { events, state } = await handleCommand(shop, order)('Order-1', { place: 'b-7' });
  if (events[0]?.type === 'OrderPlaced') events[0].data.sku satisfies string;
  state.placed satisfies boolean;
  (await aggregateStream(shop, 'Order-1', order)).state.placed satisfies boolean;
  (await createRepository(shop, () => new Order()).load('Order-1')) satisfies Order;
  // @ts-expect-error the command of another decider
  await handleCommand(shop, order)('Order-1', { ship: 'b-7' });
  // @ts-expect-error the store does not know these events
  handleCommand(invoices, order);
  // @ts-expect-error nor here
  createRepository(invoices, () => new Order());
}
