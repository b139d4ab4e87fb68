import type { SqlDefinition } from './definition.ts';
import type { ShopEvent } from './projections.test-fixture.ts';
import { sqlProjection } from './sql-projection.ts';

type Tables = 'orders' | 'customers';

/** What is paid counts as often as the version says, so that it shows which build a row is of. */
export const report = (version = 1, more: Partial<SqlDefinition<ShopEvent, Tables>> = {}) =>
  sqlProjection<ShopEvent, Tables>({
    name: 'report',
    version,
    tables: {
      orders: { columns: 'id TEXT PRIMARY KEY, customer TEXT NOT NULL, total REAL NOT NULL, carrier TEXT', indexes: ['customer, total'] },
      customers: 'name TEXT PRIMARY KEY, orders INTEGER NOT NULL, sum REAL NOT NULL',
    },
    on: {
      OrderPlaced({ streamId, data }, sql, { orders, customers }) {
        const total = data.total * version;
        return [
          sql`INSERT INTO ${orders} (id, customer, total) VALUES (${streamId.id}, ${data.customer}, ${total})`,
          sql`INSERT INTO ${customers} VALUES (${data.customer}, 1, ${total}) ON CONFLICT (name) DO UPDATE SET orders = orders + 1, sum = sum + excluded.sum`,
        ];
      },
      OrderShipped: ({ streamId, data }, sql, { orders }) => sql`UPDATE ${orders} SET carrier = ${data.carrier} WHERE id = ${streamId.id}`,
      $streamDeleted: ({ streamId }, sql, { orders }) => sql`DELETE FROM ${orders} WHERE id = ${streamId.id}`,
    },
    ...more,
  });

export const ORDERS = 'SELECT id, customer, total, carrier FROM "report.orders" ORDER BY id';
export const CUSTOMERS = 'SELECT name, orders, sum FROM "report.customers" ORDER BY name';
/** The tables of builds that are there. */
export const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'report.*' ORDER BY name";
