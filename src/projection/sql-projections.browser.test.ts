import { describe, expect, it, onTestFinished } from 'vitest';
import { removeDatabase } from '../storage/sqlite/remove-database.test-fixture.ts';
import { sqliteStorage } from '../storage/sqlite/sqlite-storage.ts';
import { borrowWorker } from '../storage/sqlite/worker-pool.test-fixture.ts';
import { openProjection } from './open-projection.ts';
import { openStore, placed, shipped, statusOf } from './projections.test-fixture.ts';
import { CUSTOMERS, ORDERS, TABLES, report } from './sql-projections.test-fixture.ts';

describe('a projection in SQL in the browser', () => {
  it('runs where the file is, whichever tab has it, exactly once; fails before an event; is rebuilt and swapped', async () => {
    const name = `sql-projections-${crypto.randomUUID()}`;
    onTestFinished(() => removeDatabase(name));
    const createStorage = () => sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker });
    const [storage, elsewhere] = [createStorage(), createStorage()];
    const [owner, other] = [await openStore(storage), await openStore(elsewhere)];
    const [first, second] = [await openProjection(owner, report()), await openProjection(other, report())];
    await Promise.all(Array.from({ length: 20 }, (_, n) => [owner, other][n % 2]!.appendToStream(`Order-${n + 10}`, 0, [placed(n), shipped])));
    await Promise.all([first.waitFor(40), second.waitFor(40)]);
    expect((await elsewhere.query(CUSTOMERS)).rows).toEqual([['ada', 20, 190]]);
    expect((await storage.query(`${ORDERS} LIMIT 2`)).rows).toEqual([['10', 'ada', 0, 'post'], ['11', 'ada', 1, 'post']]);

    await other.appendToStream('Order-10', 2, [placed(1)]);
    const { error } = await statusOf(second, ({ state }) => state === 'failed');
    expect(error).toMatchObject({ code: 'PROJECTION_FAILED', event: { globalPosition: 41 } });
    expect(error!.message).toContain('UNIQUE constraint failed');
    await second.skip();
    await first.waitFor(41);

    await second.rebuild().catch((failure: unknown) => expect(failure).toMatchObject({ code: 'PROJECTION_FAILED' }));
    await second.skip();
    await statusOf(second, ({ rebuild, state }) => state === 'live' && !rebuild);
    await expect.poll(async () => (await storage.query(TABLES)).rows).toEqual([['report.customers#2'], ['report.orders#2']]);
    expect((await storage.query(CUSTOMERS)).rows).toEqual([['ada', 20, 190]]);

    // The tab that has the file goes, and with it perhaps the one that runs the projection.
    await owner.close();
    await other.appendToStream('Order-99', 0, [placed(10)]);
    await second.waitFor(42);
    expect((await elsewhere.query(CUSTOMERS)).rows).toEqual([['ada', 21, 200]]);
  });

  it('keeps what a statement may touch to its own tables', async () => {
    const name = `sql-projections-${crypto.randomUUID()}`;
    onTestFinished(() => removeDatabase(name));
    const storage = sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker });
    const store = await openStore(storage);
    await store.appendToStream('Order-1', 0, [placed(1)]);
    const text = 'DELETE FROM log_events';
    const open = await openProjection(store, report(1, { on: { OrderPlaced: (_, sql) => sql(Object.assign([text], { raw: [text] })) } }));
    expect(await statusOf(open, ({ state }) => state === 'failed')).toMatchObject({ position: 0, error: { cause: { code: 'SQL_FAILED', statement: 0, sql: text } } });
    expect((await storage.query('SELECT count(*) FROM events')).rows).toEqual([[1]]);
  });
});
