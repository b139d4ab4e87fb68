// Programs that must compile, and with @ts-expect-error programs that must not: checked by `tsc`, never run.
import type { DeepReadonly, Event, EventStore, StoredEvent, StreamDeletedEvent } from '../index.ts';
import { openProjection, projection, sqlProjection, type DocumentWriter, type OpenProjection, type SqlTables } from '../projections.ts';
import type { useProjection } from '../react.ts';

type Placed = Event<'OrderPlaced', { readonly total: number }>;
type Shipped = Event<'OrderShipped', null>;
type ShopEvent = Placed | Shipped;
interface Card {
  total: number;
  tags: string[];
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function check<T extends true>(): T;
declare const store: EventStore<ShopEvent>;

export const sum = projection<ShopEvent, { sum: number }>({
  name: 'sum',
  version: 1,
  initialState: { sum: 0 },
  evolve(state, event) {
    check<Same<typeof event, StoredEvent<Placed> | StoredEvent<Shipped> | StoredEvent<StreamDeletedEvent>>>();
    return event.type === 'OrderPlaced' ? { sum: state.sum + event.data.total } : state;
  },
});

export const cards = projection<ShopEvent, Card, 'total'>({
  name: 'cards',
  version: 1,
  indexes: { total: ({ total }) => total },
  on: {
    OrderPlaced(event, documents) {
      check<Same<typeof event, StoredEvent<Placed>>>();
      check<Same<typeof documents, DocumentWriter<Card>>>();
      documents.put(event.streamId.id, { total: event.data.total, tags: [] });
      documents.patch('a', { total: 1 });
      documents.patch('a', (card) => card && { total: card.total + 1, tags: [...card.tags] });
      // @ts-expect-error a property that the document does not have
      documents.patch('a', { price: 1 });
      // @ts-expect-error not the whole document
      documents.put('a', { total: 1 });
    },
    $streamDeleted: (event, documents) => documents.delete(event.streamId.id),
  },
});

export const report = sqlProjection<ShopEvent, 'orders' | 'totals'>({
  name: 'report',
  version: 1,
  tables: { orders: 'id TEXT PRIMARY KEY, total REAL', totals: { columns: 'sum REAL', indexes: ['sum'] } },
  on: {
    OrderPlaced(event, sql, tables) {
      check<Same<typeof event, StoredEvent<Placed>>>();
      check<Same<typeof tables, SqlTables<'orders' | 'totals'>>>();
      return [
        sql`INSERT INTO ${tables.orders} VALUES (${event.streamId.id}, ${event.data.total})`,
        // @ts-expect-error no value of SQL
        sql`INSERT INTO ${tables.orders} VALUES (${event.data})`,
        // @ts-expect-error a table that is not declared
        sql`DELETE FROM ${tables.lines}`,
        // @ts-expect-error it is a tag
        sql('DELETE FROM orders'),
      ];
    },
    $streamDeleted: ({ streamId }, sql, { orders }) => sql`DELETE FROM ${orders} WHERE id = ${streamId.id}`,
  },
});

export async function opens(): Promise<void> {
  check<Same<Awaited<ReturnType<typeof openReport>>, OpenProjection>>();
  const openSum = await openProjection(store, sum);
  check<Same<Awaited<ReturnType<typeof openSum.get>>, DeepReadonly<{ sum: number }>>>();
  const openCards = await openProjection(store, cards);
  check<Same<Awaited<ReturnType<typeof openCards.get>>, DeepReadonly<Card> | undefined>>();
  await openCards.list({ index: 'total', lower: 1 });
  // @ts-expect-error an index that is not declared
  await openCards.list({ index: 'tags' });
  // @ts-expect-error a state has no keys
  await openSum.get('a');
  openSum.watch$({ pending: true }).subscribe((state) => check<Same<typeof state, DeepReadonly<{ sum: number }>>>());
  openCards.watch$('a', { pending: true }).subscribe((card) => check<Same<typeof card, DeepReadonly<Card> | undefined>>());
  // @ts-expect-error no option
  openSum.watch$({ confirmed: true });
  check<Same<ReturnType<typeof useProjection<{ sum: number }>>['value'], DeepReadonly<{ sum: number }> | undefined>>();
}

const openReport = () => openProjection(store, report);

// @ts-expect-error the type of no event
projection<ShopEvent, Card>({ name: 'cards', version: 1, on: { OrderLost: () => undefined } });
// @ts-expect-error an initial state of another type
projection<ShopEvent, { sum: number }>({ name: 'sum', version: 1, initialState: { sum: '0' }, evolve: (state) => state });
// @ts-expect-error a table without columns
sqlProjection<ShopEvent, 'orders'>({ name: 'report', version: 1, tables: {} });
// @ts-expect-error what it returns is a text
sqlProjection<ShopEvent, 'orders'>({ name: 'report', version: 1, tables: { orders: 'id' }, on: { OrderShipped: () => 'DELETE FROM orders' } });
// @ts-expect-error it cannot be inline
sqlProjection<ShopEvent, 'orders'>({ name: 'report', version: 1, tables: { orders: 'id' }, inline: true });
