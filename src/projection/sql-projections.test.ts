import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Event } from '../event/event.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { sqliteStorage } from '../storage/sqlite/node-sqlite-storage.ts';
import type { SqliteStorage } from '../storage/sqlite/options.ts';
import type { SqlStatement } from '../storage/storage.ts';
import type { EventStore } from '../store/event-store.ts';
import { clearReadModels } from './clear-read-models.ts';
import type { SqlDefinition, SqlTag, SqlTables } from './definition.ts';
import { openProjection } from './open-projection.ts';
import { openStore, placed, shipped, statusOf, type ShopEvent } from './projections.test-fixture.ts';
import { sqlProjection } from './sql-projection.ts';
import { CUSTOMERS, ORDERS, TABLES, report } from './sql-projections.test-fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-sql-projections-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Storages on one file, as of several processes. */
function onFile(): () => SqliteStorage {
  const file = join(folder, `${crypto.randomUUID()}.db`);
  return () => sqliteStorage({ name: file, file, durability: 'relaxed' });
}

const rowsOf = async (storage: SqliteStorage, sql: string): Promise<unknown> => (await storage.query(sql)).rows;

/** A text as a handler would have written it. */
const run = (sql: SqlTag, text: string): SqlStatement => sql(Object.assign([text], { raw: [text] }));

describe('a projection in SQL', () => {
  it('has what each event says in its tables when its checkpoint has passed it, and views show them', async () => {
    const storage = onFile()();
    const store = await openStore(storage);
    const open = await openProjection(store, report());
    await store.appendToStream('Order-1', 0, [placed(10), shipped]);
    await store.appendToStream('Order-2', 0, [placed(5.5, 'bob')]);
    await store.appendToStream("Order-'; DROP", 0, [placed(1, `eve"');--`)]);
    const { globalPosition } = await store.deleteStream('Order-2', 1);
    await open.waitFor(globalPosition);
    expect(await rowsOf(storage, ORDERS)).toEqual([["'; DROP", `eve"');--`, 1, null], ['1', 'ada', 10, 'post']]);
    expect(await rowsOf(storage, CUSTOMERS)).toEqual([['ada', 1, 10], ['bob', 1, 5.5], [`eve"');--`, 1, 1]]);
    expect(await statusOf(open, ({ state }) => state === 'live')).toMatchObject({ position: globalPosition, lag: 0, version: 1 });
    expect(await rowsOf(storage, `EXPLAIN QUERY PLAN SELECT * FROM "report.orders" WHERE customer = 'ada'`)).toEqual([expect.arrayContaining([expect.stringContaining('report.orders#1#0')])]);
  });

  it('counts each event once with several runners at work on one file', async () => {
    const createStorage = onFile();
    const storages = [createStorage(), createStorage(), createStorage()];
    const stores: EventStore<ShopEvent>[] = [];
    for (const storage of storages) stores.push(await openStore(storage));
    const opened = [];
    for (const store of stores) opened.push(await openProjection(store, report()));
    await Promise.all(Array.from({ length: 90 }, (_, n) => stores[n % 3]!.appendToStream(`Order-${n}`, 0, [placed(1), shipped])));
    const { position } = await stores[0]!.head();
    await Promise.all(opened.map((open) => open.waitFor(position)));
    expect(await rowsOf(storages[1]!, CUSTOMERS)).toEqual([['ada', 90, 90]]);
    expect(await rowsOf(storages[2]!, 'SELECT count(*), count(carrier) FROM "report.orders"')).toEqual([[90, 90]]);
  });

  it('leaves neither tables nor views when read models are cleared', async () => {
    const storage = onFile()();
    const store = await openStore(storage);
    const open = await openProjection(store, report());
    const { globalPosition } = await store.appendToStream('Order-1', 0, [placed(10)]);
    await open.waitFor(globalPosition);
    await store.close();
    const log = await storage.open(() => undefined);
    const documents = await log.documents();
    for (let times = 0; times < 2; times++) {
      await clearReadModels(documents);
      expect(await rowsOf(storage, "SELECT name FROM sqlite_schema WHERE name LIKE 'report%'")).toEqual([]);
    }
    await log.close();
  });

  it('is built beside what is served, and swapped with it when it has caught up; then the old tables go', async () => {
    const createStorage = onFile();
    const storage = createStorage();
    const store = await openStore(storage);
    const old = await openProjection(store, report());
    for (let n = 1; n <= 4; n++) await store.appendToStream(`Order-${n}`, 0, [placed(n)]);
    await old.waitFor(4);
    let mended = false;
    const next = await openProjection(
      await openStore(createStorage()),
      report(2, {
        tables: { orders: 'id TEXT PRIMARY KEY, doubled REAL', customers: 'name' },
        on: {
          OrderPlaced: ({ streamId, data }, sql, { orders }) => {
            if (data.total === 3 && !mended) throw new Error('Not mended yet.');
            return sql`INSERT INTO ${orders} VALUES (${streamId.id}, ${data.total * 2})`;
          },
        },
      }),
    );
    const stopped = await statusOf(next, ({ rebuild }) => rebuild?.state === 'failed');
    expect(stopped).toMatchObject({ version: 1, position: 4, rebuild: { version: 2, position: 2, failed: { globalPosition: 3 } } });
    expect(await rowsOf(storage, TABLES)).toEqual([['report.customers#1'], ['report.customers#2'], ['report.orders#1'], ['report.orders#2']]);
    // What is served follows meanwhile.
    await store.appendToStream('Order-5', 0, [placed(5)]);
    await old.waitFor(5);
    expect(await rowsOf(storage, CUSTOMERS)).toEqual([['ada', 5, 15]]);
    mended = true;
    await next.retry();
    await statusOf(next, ({ version, rebuild }) => version === 2 && !rebuild);
    expect(await rowsOf(storage, 'SELECT id, doubled FROM "report.orders" ORDER BY id')).toEqual([['1', 2], ['2', 4], ['3', 6], ['4', 8], ['5', 10]]);
    await expect.poll(() => rowsOf(storage, TABLES)).toEqual([['report.customers#2'], ['report.orders#2']]);

    await next.rebuild();
    expect(await rowsOf(storage, 'SELECT sum(doubled) FROM "report.orders"')).toEqual([[30]]);
    await expect.poll(() => rowsOf(storage, TABLES)).toEqual([['report.customers#3'], ['report.orders#3']]);
    await store.appendToStream('Order-6', 0, [placed(6)]);
    await next.waitFor(6);
    expect(await rowsOf(storage, 'SELECT sum(doubled) FROM "report.orders"')).toEqual([[42]]);
  });

  it('stands before the event whose statement fails, with everything before it, until somebody decides', async () => {
    const storage = onFile()();
    const store = await openStore(storage);
    const open = await openProjection(store, report());
    await store.appendToStreams([
      { streamId: 'Order-1', expectedVersion: 0, events: [placed(1), shipped, placed(2)] },
      { streamId: 'Order-2', expectedVersion: 0, events: [placed(3)] },
    ]);
    const { error, ...status } = await statusOf(open, ({ state }) => state === 'failed');
    expect(status).toMatchObject({ position: 2, lag: 2, failed: { globalPosition: 3, type: 'OrderPlaced' } });
    expect(error).toMatchObject({ code: 'PROJECTION_FAILED', cause: { code: 'SQL_FAILED', sql: expect.stringContaining('INSERT INTO "report.orders#1"') } });
    expect(error!.message).toContain('UNIQUE constraint failed');
    expect([await rowsOf(storage, ORDERS), await rowsOf(storage, CUSTOMERS)]).toEqual([[['1', 'ada', 1, 'post']], [['ada', 1, 1]]]);
    await expect(open.waitFor(4)).rejects.toMatchObject({ code: 'PROJECTION_FAILED' });
    await store.appendToStream('Order-3', 0, [placed(4)]);
    await open.skip();
    await open.waitFor(5);
    expect(await rowsOf(storage, CUSTOMERS)).toEqual([['ada', 3, 8]]);
  });

  it.each([
    'DELETE FROM log_events',
    'UPDATE log_meta SET value = 1',
    "INSERT INTO documents VALUES ('a', 'b', 'c')",
    'DELETE FROM sqlite_sequence',
    'INSERT INTO "victim.kept#1" VALUES (2)',
    'DELETE FROM "victim.kept#1"',
    'INSERT INTO "report.kept#1" SELECT global_position FROM events',
    'INSERT INTO "report.kept#1" SELECT count(*) FROM log_streams',
    'UPDATE "report.kept#1" SET n = (SELECT max(n) FROM "victim.kept")',
    'WITH a AS (SELECT 1) DELETE FROM log_events',
    'DELETE FROM sqlite_schema',
    'DROP TABLE log_events',
    'CREATE TABLE more (a)',
    'PRAGMA user_version = 9',
    "ATTACH 'other.db' AS other",
    'COMMIT',
    'INSERT INTO "report.kept#1" VALUES (1); DELETE FROM log_events',
    'QUERY PLAN DELETE FROM log_events',
    'nonsense',
  ])('may touch nothing but its own tables: %s', async (text) => {
    const storage = sqliteStorage({ name: 'refusals', file: ':memory:' });
    const store = await openStore(storage);
    const on = { OrderPlaced: (_: unknown, sql: SqlTag, { kept }: SqlTables<'kept'>) => sql`INSERT INTO ${kept} VALUES (1)` };
    const victim = await openProjection(store, sqlProjection<ShopEvent, 'kept'>({ name: 'victim', version: 1, tables: { kept: 'n' }, on }));
    await store.appendToStream('Order-1', 0, [placed(1)]);
    await victim.waitFor(1);
    const open = await openProjection(store, sqlProjection<ShopEvent, 'kept'>({ name: 'report', version: 1, tables: { kept: 'n INTEGER PRIMARY KEY AUTOINCREMENT' }, on: { OrderPlaced: (_, sql) => run(sql, text) } }));
    expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 0, error: { cause: { code: 'SQL_FAILED', sql: text } } });
    expect(await rowsOf(storage, 'SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM "victim.kept"), (SELECT count(*) FROM "report.kept"), user_version FROM pragma_user_version')).toEqual([[1, 1, 0, 1]]);
    await store.appendToStream('Order-1', 1, [shipped]);
    await victim.waitFor(2);
  });

  it('may use all of SQL on its own tables: subqueries, upserts, joins, generated keys, truncation', async () => {
    const storage = sqliteStorage({ name: 'all-of-sql', file: ':memory:' });
    const store = await openStore(storage);
    const open = await openProjection(
      store,
      sqlProjection<ShopEvent, 'lines' | 'totals'>({
        name: 'report',
        version: 1,
        tables: { lines: { columns: 'n INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT, total REAL, raw BLOB', indexes: ['customer'] }, totals: 'customer TEXT, sum REAL' },
        on: {
          OrderPlaced(event, sql, { lines, totals }) {
            const { customer, total } = event.data;
            return [
              sql`INSERT INTO ${lines} (customer, total, raw) SELECT ${customer}, value * ${total}, ${new Uint8Array([1, 2])} FROM json_each('[1,2]')`,
              sql`DELETE FROM ${totals}`,
              sql`WITH sums AS (SELECT customer, sum(total) AS sum FROM ${lines} GROUP BY customer) INSERT INTO ${totals} SELECT * FROM sums`,
              sql`UPDATE ${lines} SET raw = ${null} WHERE EXISTS (SELECT 1 FROM ${totals} t WHERE t.customer = ${lines}.customer AND t.sum > 10)`,
            ];
          },
        },
      }),
    );
    await store.appendToStream('Order-1', 0, [placed(1), placed(4, 'bob'), placed(2)]);
    await open.waitFor(3);
    expect(await rowsOf(storage, 'SELECT n, customer, total, hex(raw) FROM "report.lines"')).toEqual([
      [1, 'ada', 1, '0102'], [2, 'ada', 2, '0102'], [3, 'bob', 4, ''], [4, 'bob', 8, ''], [5, 'ada', 2, '0102'], [6, 'ada', 4, '0102'],
    ]);
    expect(await rowsOf(storage, 'SELECT * FROM "report.totals" ORDER BY 1')).toEqual([['ada', 9], ['bob', 12]]);
  });

  it.each<[string, (sql: SqlTag, tables: SqlTables<'kept'>, data: unknown) => unknown]>([
    ['undefined', (sql, { kept }) => sql`INSERT INTO ${kept} VALUES (${undefined as never})`],
    ['no number', (sql, { kept }) => sql`INSERT INTO ${kept} VALUES (${NaN})`],
    ['an object that looks like a table', (sql, { kept }, data) => sql`INSERT INTO ${kept} VALUES (${data as never})`],
    ['a parameter of its own', (sql, { kept }) => run(sql, `INSERT INTO ${kept.table} VALUES (?)`)],
    ['a call', (sql, { kept }) => (sql as unknown as (text: string) => unknown)(`INSERT INTO ${kept.table} VALUES (1)`)],
    ['a promise', async (sql, { kept }) => sql`INSERT INTO ${kept} VALUES (1)`],
    ['nothing made of it', (sql, { kept }) => void sql`INSERT INTO ${kept} VALUES (1)`],
    ['another one of its own making', (sql, { kept }) => [sql`INSERT INTO ${kept} VALUES (1)`, { sql: 'DELETE FROM documents', values: [] }]],
  ])('refuses a statement with %s', async (_, handler) => {
    type Odd = Event<'Odd', { table: string }>;
    const storage = sqliteStorage({ name: 'values', file: ':memory:' });
    const store = await openStore(storage);
    const open = await openProjection(store, sqlProjection<Odd, 'kept'>({ name: 'report', version: 1, tables: { kept: 'n' }, on: { Odd: ({ data }, sql, tables) => handler(sql, tables, data) as never } }));
    await store.appendToStream('Order-1', 0, [{ type: 'Odd', data: { table: '(SELECT 1)' } } as never]);
    expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 0, error: { cause: { code: 'INVALID_PROJECTION' } } });
  });

  it('tells a handler that makes a statement after it has returned', async () => {
    const storage = onFile()();
    const store = await openStore(storage);
    const late: Promise<unknown>[] = [];
    const on: SqlDefinition<ShopEvent, 'kept'>['on'] = { OrderPlaced: (_, sql, { kept }) => void late.push(Promise.resolve().then(() => sql`INSERT INTO ${kept} VALUES (1)`)) };
    const open = await openProjection(store, sqlProjection<ShopEvent, 'kept'>({ name: 'late', version: 1, tables: { kept: 'n' }, on }));
    await open.waitFor((await store.appendToStream('Order-1', 0, [placed(1)])).globalPosition);
    await expect(late[0]).rejects.toMatchObject({ code: 'INVALID_PROJECTION', message: expect.stringContaining('after it had returned') });
  });

  it('refuses texts without end, in which values were written', async () => {
    const store = await openStore(sqliteStorage({ name: 'texts', file: ':memory:' }));
    const open = await openProjection(store, report(1, { on: { OrderPlaced: ({ globalPosition }, sql, { orders }) => run(sql, `DELETE FROM ${orders.table} WHERE total = ${globalPosition}`) } }));
    for (let i = 0; i < 2; i++) await store.appendToStream('Order-1', -1, Array.from({ length: 600 }, () => placed(1)));
    expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 1_000, error: { message: expect.stringContaining('1000 different texts') } });
  });

  it('says at once what is wrong with a definition, and with tables that SQLite does not make', async () => {
    const invalid = (more: object): unknown => expect.objectContaining({ code: 'INVALID_PROJECTION', ...more });
    for (const more of [{ name: 'Report' }, { name: 'a.b' }, { tables: { 'or"ders': 'id' } }, { tables: {} }, { tables: { orders: 'id; DROP' } }, { tables: { orders: 7 } }, { inline: true }, { version: 0 }, { on: { OrderPlaced: 1 } }]) {
      expect(() => report(1, more as never)).toThrow(invalid({}) as Error);
    }
    const store = await openStore(memoryStorage());
    await expect(openProjection(store, report())).rejects.toMatchObject({ code: 'INVALID_PROJECTION', message: expect.stringContaining('ermine/sqlite') });

    const storage = onFile()();
    const open = await openProjection(await openStore(storage), report(1, { tables: { orders: 'id TEXT PRIMARY', customers: 'name' } }));
    expect(await statusOf(open, ({ state }) => state === 'ended')).toMatchObject({ error: { code: 'SQL_FAILED', message: expect.stringContaining('syntax error') } });
    await expect(open.waitFor(1)).rejects.toMatchObject({ code: 'SQL_FAILED' });
    expect(await rowsOf(storage, TABLES)).toEqual([]);
    await open.close();
    // Nothing was left behind by it.
    const again = await openStore(storage);
    const mended = await openProjection(again, report());
    await again.appendToStream('Order-1', 0, [placed(1)]);
    await mended.waitFor(1);
    expect(await rowsOf(storage, CUSTOMERS)).toEqual([['ada', 1, 1]]);
  });
});
