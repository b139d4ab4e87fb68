import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { startPostgres } from '../../../scripts/postgres-server.mjs';
import { isErmineError } from '../../event/errors.ts';
import { AnyVersion, NoStream } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { identified, numbered, numbersOf, positionsOf, range, toArray } from '../../testing/events.ts';
import { record } from '../../testing/recording.ts';
import { append, openLog, positionsFrom } from './log.test-fixture.ts';
import type { PostgresClient } from './client.ts';
import { postgresStorage } from './postgres-storage.ts';
import { createFrailPool } from './proxy.test-fixture.ts';
import { createPool } from './server.test-env.ts';

const schema = 'lost';
const pool = createPool();
afterAll(() => pool.end());

/** A document is written, and the answer is cut off. */
async function writeWithoutAnswer() {
  const tenant = crypto.randomUUID();
  const { client, answersAre } = await createFrailPool();
  const documents = await (await openLog(postgresStorage({ client, tenant, schema }))).documents();
  const direct = await (await openLog(postgresStorage({ client: pool, tenant, schema }))).documents();
  const key = { collection: 'cards', key: 'a' };
  answersAre('cut off');
  const writing = documents.write({ expect: [{ ...key, data: undefined }], puts: [{ ...key, data: '1' }] });
  await expect.poll(() => direct.get([key])).toEqual(['1']);
  return { writing, answersAre, direct, key };
}

describe('a connection that fails', () => {
  it('an append whose answer is lost is written once, and its result is the one that was lost', async () => {
    const tenant = crypto.randomUUID();
    const { client, answersAre } = await createFrailPool();
    const log = await openLog(postgresStorage({ client, tenant, schema }));
    await log.commit([append('Order-1', NoStream, numbered(2))]);
    const direct = await openLog(postgresStorage({ client: pool, tenant, schema }));
    answersAre('cut off');
    const committing = log.commit([append('Order-1', 2, numbered(3)), append('Order-2', AnyVersion, numbered(1))]);
    await expect.poll(() => direct.head()).toBe(6);
    answersAre('passed on');
    expect(await committing).toMatchObject([
      { ok: true, deduplicated: false, results: [{ version: 5, globalPosition: 5 }] },
      { ok: true, deduplicated: false, results: [{ version: 1, globalPosition: 6 }] },
    ]);
    expect(await direct.head()).toBe(6);
  });

  it('documents whose answer is lost are written once, and told to be written', async () => {
    const { writing, answersAre } = await writeWithoutAnswer();
    answersAre('passed on');
    expect(await writing).toBe(true);
  });

  it('documents whose answer is lost, and which somebody has changed since, may be written or not: it says so', async () => {
    const { writing, answersAre, direct, key } = await writeWithoutAnswer();
    expect(await direct.write({ expect: [{ ...key, data: '1' }], puts: [{ ...key, data: '2' }] })).toBe(true);
    answersAre('passed on');
    await expect(writing).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', written: 'unknown' });
    expect(await direct.get([key])).toEqual(['2']);
  });

  it('an append without an answer rejects with `written: unknown`, and repeating it with its event ids tells its result', async () => {
    const tenant = crypto.randomUUID();
    const { client, answersAre } = await createFrailPool();
    const store = await openEventStore({ storage: postgresStorage({ client, tenant, schema, blockedAfterMs: 300 }) });
    const events = numbered(2);
    answersAre('held back');
    const error = await store.appendToStream('Order-1', NoStream, events).catch((cause: unknown) => cause);
    if (!isErmineError(error, 'STORAGE_BLOCKED')) throw error;
    expect([error.written, error.eventIds.length]).toEqual(['unknown', 2]);
    const direct = await openEventStore({ storage: postgresStorage({ client: pool, tenant, schema }) });
    await expect.poll(async () => (await direct.head()).position).toBe(2);
    const repeated = events.map((event, i) => ({ ...event, id: error.eventIds[i]! }));
    expect(await direct.appendToStream('Order-1', NoStream, repeated)).toEqual({ version: 2, globalPosition: 2, deduplicated: true });
    await Promise.all([store.close(), direct.close()]);
  });

  it('while it asks why a table is missing is tried again, and is no other log', async () => {
    const tenant = crypto.randomUUID();
    const own = `lost_${tenant.replaceAll('-', '')}`;
    let losing = false;
    const client: PostgresClient = {
      async query(text, values) {
        const isLost = losing && text.includes('.migrations');
        if (isLost) losing = false;
        if (isLost) await pool.query(`ALTER TABLE ${own}.mislaid RENAME TO events`);
        return (await (isLost ? pool.query('SELECT pg_terminate_backend(pg_backend_pid())') : pool.query(text, [...values]))).rows;
      },
      execute: (text) => pool.query(text),
    };
    const log = await openLog(postgresStorage({ client, tenant, schema: own }));
    await log.commit([append('Order-1', NoStream, numbered(2))]);
    await pool.query(`ALTER TABLE ${own}.events RENAME TO mislaid`);
    losing = true;
    expect(await positionsFrom(log, 1)).toEqual([1, 2]);
    expect([losing, log.state().connection]).toEqual([false, 'open']);
  });

  it('that dies in silence, and all others of the pool with it, is replaced once nobody waits for its answer', async () => {
    const { client, answersAre } = await createFrailPool();
    const log = await openLog(postgresStorage({ client, tenant: crypto.randomUUID(), schema, blockedAfterMs: 300 }));
    answersAre('held back');
    const asking = range(1, client.options.max).map(() => log.head());
    for (const settled of await Promise.allSettled(asking)) expect(settled).toMatchObject({ status: 'rejected', reason: { code: 'STORAGE_BLOCKED' } });
    answersAre('passed on');
    expect(await log.head()).toBe(0);
  });

  it('whose backend is terminated again and again loses nothing and doubles nothing', async () => {
    const tenant = crypto.randomUUID();
    const name = `ermine ${tenant}`;
    const client = createPool({ application_name: name, max: 4 });
    onTestFinished(() => client.end());
    const storage = postgresStorage({ client, tenant, schema });
    const connections: unknown[] = [];
    const log = await openLog(storage, (error) => connections.push(error));
    const store = await openEventStore({ storage });
    const live = record(store.subscribeToAll(0));
    let killed = 0;
    const results: number[] = [];
    const killing = (async () => {
      // Whatever the log's connections are doing then; each time after some appends have come through.
      for (let done = 5; done < 150; done += 5) {
        await expect.poll(() => results.length, { timeout: 20_000, interval: 1 }).toBeGreaterThanOrEqual(done);
        killed += (await pool.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [name])).rowCount ?? 0;
      }
    })();
    for (let n = 1; n <= 150; n++) {
      const [outcome] = await log.commit([append('Order-1', n - 1, numbered(1, n))]);
      expect(outcome).toMatchObject({ ok: true, deduplicated: false });
      if (outcome!.ok) results.push(outcome!.results[0]!.globalPosition);
    }
    await killing;
    expect(results).toEqual(range(1, 150));
    expect(killed).toBeGreaterThan(30);
    expect(connections.length).toBeGreaterThan(0);
    expect(numbersOf(await live.untilCount(150))).toEqual(range(1, 150));
    const events = await toArray(store.readAll());
    expect([numbersOf(events), new Set(events.map(({ id }) => id)).size]).toEqual([range(1, 150), 150]);
    await store.close();
  });
});

describe('a server that goes away', () => {
  it('keeps what it acknowledged through crashes, and appends and subscriptions go on when it is back', async () => {
    const server = await startPostgres({ settings: { fsync: 'off' } });
    onTestFinished(() => server.stop());
    const client = createPool({ host: server.host, port: server.port });
    onTestFinished(() => client.end());
    const store = await openEventStore({ storage: postgresStorage({ client, blockedAfterMs: 30_000 }), pollIntervalMs: 50 });
    const live = record(store.subscribeToAll(0));
    let next = 0;
    const appending = (async () => {
      for (let n = 1; n <= 120; n++) {
        await store.appendToStream('Order-1', n - 1, numbered(1, n));
        next = n;
      }
    })();
    for (const after of [20, 60]) {
      await expect.poll(() => next, { timeout: 20_000, interval: 1 }).toBeGreaterThan(after);
      await server.crash();
      await server.start();
    }
    await appending;
    expect(numbersOf(await store.loadStream('Order-1'))).toEqual(range(1, 120));
    expect(positionsOf(await live.untilCount(120))).toEqual(range(1, 120));
    await store.close();
  });

  it('is STORAGE_UNAVAILABLE to whoever opens, and STORAGE_BLOCKED with nothing written to whoever had opened', async () => {
    const server = await startPostgres({ settings: { fsync: 'off' } });
    onTestFinished(() => server.stop());
    const client = createPool({ host: server.host, port: server.port });
    onTestFinished(() => client.end());
    const storage = postgresStorage({ client, blockedAfterMs: 200 });
    const log = await openLog(storage);
    await server.halt();
    await expect(storage.open(() => undefined)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') });
    expect(await log.commit([append('Order-1', NoStream, numbered(1))])).toMatchObject([{ ok: false, error: { code: 'STORAGE_BLOCKED' } }]);
    await expect(log.head()).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
    expect(log.state().connection).toBe('lost');
    await server.start();
    expect(await log.head()).toBe(0);
    expect(log.state().connection).toBe('open');
  });

  it('whose disk is full is STORAGE_FULL: nothing is written, and what is there can be read and deleted', async () => {
    // Not a multiple of a page: a file ends within one, as on a full disk.
    const server = await startPostgres({ settings: { fsync: 'off' }, initdb: ['--wal-segsize=1'], maxFileKb: 3_001 });
    onTestFinished(() => server.stop());
    const client = createPool({ host: server.host, port: server.port });
    onTestFinished(() => client.end());
    const store = await openEventStore({ storage: postgresStorage({ client }) });
    const large = () => identified(20).map((event) => ({ ...event, data: crypto.getRandomValues(new Uint8Array(3_000)).toString() }));
    let written = 0;
    const filling = (async () => {
      for (; written < 2_000; written += 20) await store.appendToStream('Order-1', written, large());
    })();
    await expect(filling).rejects.toMatchObject({ code: 'STORAGE_FULL' });
    expect(written).toBeGreaterThan(0);
    expect((await store.head()).position).toBe(written);
    expect((await store.loadStream('Order-1')).length).toBe(written);
    await store.deleteStream('Order-1', written);
    await store.close();
  });
});
