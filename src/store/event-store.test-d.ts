// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import type { Observable } from 'rxjs';
import type { CaughtUp, Checkpoint, Event, EventStore, Snapshot, StoredEvent, StreamDeletedEvent, StreamInfo } from '../index.ts';
import { AnyVersion, NoStream, isStreamDeleted, openEventStore, streamId } from '../index.ts';
import { memoryStorage } from '../memory.ts';

type Placed = Event<'OrderPlaced', { readonly sku: string; readonly lines: { readonly count: number }[] }>;
type Shipped = Event<'OrderShipped', { readonly at: string }>;
type Cancelled = Event<'OrderCancelled', null>;
type ShopEvent = Placed | Shipped | Cancelled;

/** Exactly the same type, so that neither `any` nor a wider one passes. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
declare function check<T extends true>(): T;

declare const shop: EventStore<ShopEvent>;
declare const untyped: EventStore;

export async function appends(): Promise<void> {
  await shop.appendToStream('Order-1', NoStream, [{ type: 'OrderPlaced', data: { sku: 'a', lines: [] } }]);
  await shop.appendToStream(streamId('Order', '1'), 1, [
    { type: 'OrderShipped', data: { at: 'now' }, id: crypto.randomUUID(), metadata: { userId: 'anna', custom: { a: 'b' } } },
    { type: 'OrderCancelled', data: null },
  ]);
  await shop.appendToStreams([{ streamId: { category: 'Order', id: '1' }, expectedVersion: AnyVersion, events: [] }]);
  const readonlyEvents: readonly { readonly type: 'OrderShipped'; readonly data: { readonly at: string } }[] = [];
  await shop.appendToStream('Order-1', 1, readonlyEvents);

  // @ts-expect-error the data of another event
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderPlaced', data: { at: 'now' } }]);
  // @ts-expect-error a field is missing
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderPlaced', data: { sku: 'a' } }]);
  // @ts-expect-error a field too many
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderShipped', data: { at: 'now', by: 'x' } }]);
  // @ts-expect-error no event of the shop
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderEaten', data: null }]);
  // @ts-expect-error no data
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderShipped' }]);
  // @ts-expect-error Ermine's own event cannot be written
  await shop.appendToStream('Order-1', 1, [{ type: '$streamDeleted', data: {} }]);
  // @ts-expect-error an unknown field of metadata
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderCancelled', data: null, metadata: { colour: 'red' } }]);
  // @ts-expect-error custom metadata is text
  await shop.appendToStream('Order-1', 1, [{ type: 'OrderCancelled', data: null, metadata: { custom: { n: 1 } } }]);
  // @ts-expect-error the version is a number
  await shop.appendToStream('Order-1', '1', [{ type: 'OrderCancelled', data: null }]);
  // @ts-expect-error the expected version is never left out
  await shop.appendToStream('Order-1', [{ type: 'OrderCancelled', data: null }]);
  // @ts-expect-error a stream id has both parts
  await shop.appendToStream({ category: 'Order' }, 1, [{ type: 'OrderCancelled', data: null }]);
  // @ts-expect-error a wrong event in one of several writes
  await shop.appendToStreams([{ streamId: 'Order-1', expectedVersion: 1, events: [{ type: 'OrderShipped', data: null }] }]);

  const result = await shop.appendToStream('Order-1', 1, []);
  check<Same<typeof result, { readonly version: number; readonly globalPosition: number; readonly deduplicated: boolean }>>();
  // @ts-expect-error results are readonly
  result.version = 2;
}

function narrows(event: StoredEvent<ShopEvent>): string | number {
  check<IsAny<typeof event.data> extends true ? false : true>();
  switch (event.type) {
    case 'OrderPlaced':
      check<Same<typeof event.data.sku, string>>();
      // @ts-expect-error no such field in this event
      void event.data.at;
      return event.data.lines[0]?.count ?? 0;
    case 'OrderShipped':
      return event.data.at;
    case 'OrderCancelled':
      check<Same<typeof event.data, null>>();
      return 0;
    default:
      check<Same<typeof event, never>>();
      return 0;
  }
}

export async function reads(): Promise<void> {
  for (const event of await shop.loadStream('Order-1')) narrows(event);
  for (const event of await shop.loadStreamFrom('Order-1', 1, { signal: AbortSignal.abort() })) narrows(event);
  for (const event of await shop.loadStreamRange('Order-1', 1, 2)) narrows(event);
  for await (const event of shop.readStream('Order-1', { direction: 'backwards', count: 1 })) narrows(event);
  for await (const event of shop.readAll({ filter: { types: ['OrderPlaced'], streams: ['Order-1', streamId('a', 'b')] } })) logged(event);
  // @ts-expect-error there are two directions
  shop.readAll({ direction: 'sideways' });
  // @ts-expect-error an option of the other method
  shop.readAll({ fromVersion: 1 });
  // @ts-expect-error nor the other way round
  shop.readStream('Order-1', { fromPosition: 1 });
  check<Same<Awaited<ReturnType<typeof shop.getStreamInfo>>, StreamInfo | undefined>>();
  check<Same<Awaited<ReturnType<typeof shop.head>>, Checkpoint>>();
}

export function subscriptions(): void {
  shop.subscribeToStream('Order-1').subscribe(narrows);
  shop.subscribeToAll().subscribe(logged);
  shop.subscribeToCategory('Order', { epoch: 'e', position: 1 }, { each: async (event) => void logged(event) }).subscribe(logged);
  check<Same<ReturnType<typeof plain>, Observable<StoredEvent<ShopEvent | StreamDeletedEvent>>>>();
  check<Same<ReturnType<typeof withCaughtUp>, Observable<StoredEvent<ShopEvent> | CaughtUp>>>();
  // @ts-expect-error who asks for caughtUp has to expect it
  shop.subscribeToAll(0, { caughtUp: true }).subscribe(logged);
  // @ts-expect-error a checkpoint has an epoch
  shop.subscribeToAll({ position: 1 });
  // @ts-expect-error only a subscription to all has a filter
  shop.subscribeToStream('Order-1', 0, { filter: {} });
}
const plain = () => shop.subscribeToAll(0, { filter: { categories: ['Order'] } });
const withCaughtUp = () => shop.subscribeToStream('Order-1', 0, { caughtUp: true });

export function storedEventsAreReadonly(event: StoredEvent<Placed>): void {
  // @ts-expect-error readonly
  event.version = 2;
  // @ts-expect-error readonly, deep inside
  event.data.lines[0]!.count = 2;
  // @ts-expect-error readonly arrays have no push
  event.data.lines.push({ count: 1 });
  // @ts-expect-error readonly
  event.streamId.category = 'x';
  // @ts-expect-error readonly
  event.metadata.userId = 'x';
  // @ts-expect-error readonly
  event.metadata.custom!['a'] = 'x';
}

export function mutableDataBecomesReadonly(event: StoredEvent<Event<'A', { list: { n: number }[]; map: Record<string, string[]>; pair: [number, { deep: boolean }]; at: Date }>>): void {
  check<Same<typeof event.data.pair, readonly [number, { readonly deep: boolean }]>>();
  // @ts-expect-error readonly
  event.data.list = [];
  // @ts-expect-error readonly
  event.data.map['a'] = [];
  // @ts-expect-error readonly
  event.data.pair[1].deep = true;
}

type OrderId = string & { readonly brand: 'OrderId' };
export function brandsStay(event: StoredEvent<Event<'A', { id: OrderId; ids: OrderId[] }>>): OrderId | undefined {
  return event.data.ids[0] ?? event.data.id;
}

export function untypedDataIsUnknown(event: StoredEvent): void {
  check<Same<typeof event.type, string>>();
  check<Same<typeof event.data, unknown>>();
  // @ts-expect-error unknown has to be looked at first
  void event.data.sku;
  void untyped.appendToStream('Order-1', AnyVersion, [{ type: 'Whatever', data: { anything: [1] } }]);
}

/** What comes from the log, in which a stream may have been deleted. */
function logged(event: StoredEvent<ShopEvent | StreamDeletedEvent>): string | number {
  if (!isStreamDeleted(event)) return narrows(event);
  check<Same<typeof event, StoredEvent<StreamDeletedEvent>>>();
  // @ts-expect-error not one of the shop
  narrows(event);
  return event.streamId.id;
}

export async function opening(): Promise<void> {
  const store = await openEventStore<ShopEvent>({ storage: memoryStorage(), metadata: () => ({ userId: 'anna' }), limits: { maxEventBytes: 10 } });
  check<Same<typeof store, EventStore<ShopEvent>>>();
  // @ts-expect-error a storage is needed: nothing falls back to memory in silence
  await openEventStore({});
  // @ts-expect-error no such limit
  await openEventStore({ storage: memoryStorage(), limits: { maxEvents: 1 } });

  const snapshot = await store.snapshots.load<{ total: number }>('Order-1', 2);
  check<Same<typeof snapshot, Snapshot<{ total: number }> | undefined>>();
  const unknownSnapshot = await store.snapshots.load('Order-1');
  check<Same<NonNullable<typeof unknownSnapshot>['data'], unknown>>();
  // @ts-expect-error a snapshot has a version
  await store.snapshots.save({ streamId: 'Order-1', data: 1 });
}

/** What a method gives, awaited, and the elements of what it gives. */
type Given<T> = T extends (...args: never) => infer R ? (Awaited<R> extends readonly (infer Item)[] ? Item : Awaited<R>) : T extends Observable<infer Value> ? Value : T;
type AnyOf<T> = { [K in keyof T]-?: IsAny<Given<T[K]>> extends true ? K : never }[keyof T];

export function nothingIsAny(): void {
  check<Same<AnyOf<EventStore<ShopEvent>>, never>>();
  check<Same<AnyOf<EventStore>, never>>();
  check<Same<AnyOf<EventStore['snapshots']>, never>>();
  check<Same<AnyOf<StoredEvent<ShopEvent>>, never>>();
  check<Same<AnyOf<StreamInfo>, never>>();
}
