import { PGlite } from '@electric-sql/pglite';
import type { Pool } from 'pg';
import postgres from 'postgres';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { AnyVersion } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { numbered, numbersOf, range } from '../../testing/events.ts';
import { record } from '../../testing/recording.ts';
import type { AnyPostgresClient } from './adapt-client.ts';
import { apart } from './log.test-fixture.ts';
import { postgresStorage } from './postgres-storage.ts';
import { createPool } from './server.test-env.ts';

const schema = 'hints';
const NEVER_MS = 3_600_000;
const pool = createPool();
const other = createPool({ application_name: 'hints, other' });
const { host, port, user, database } = inject('postgres');
const sql = postgres({ host, port, user, database, onnotice: () => undefined });
const pglite = await PGlite.create();
afterAll(() => Promise.all([pool.end(), other.end(), sql.end(), pglite.close()]));

const listening = async (): Promise<number> =>
  (await pool.query(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'hints, other' AND query LIKE 'LISTEN%'`)).rows[0].n as number;

describe('hints by LISTEN and NOTIFY', () => {
  const clients: Readonly<Record<string, readonly [AnyPostgresClient, AnyPostgresClient]>> = { pg: [pool, other], 'postgres.js': [pool, sql], PGlite: [pglite, pglite] };
  for (const [library, [writing, reading]] of Object.entries(clients)) {
    it(`reach another process that reads with ${library}, which has no other way to hear and never looks`, async () => {
      const tenant = crypto.randomUUID();
      const [writer, reader] = await Promise.all(
        [writing, reading].map((client) => openEventStore({ storage: apart(postgresStorage({ client, schema, tenant })), pollIntervalMs: NEVER_MS })),
      );
      const live = record(reader!.subscribeToAll(0));
      for (let n = 1; n <= 8; n++) {
        await writer!.appendToStream('Order-1', n - 1, numbered(1, n));
        await live.untilCount(n);
      }
      await Promise.all(range(9, 200).map((n) => writer!.appendToStream('Order-1', AnyVersion, numbered(1, n))));
      expect(numbersOf(await live.untilCount(200))).toEqual(range(1, 200));
      await Promise.all([writer!.close(), reader!.close()]);
    });
  }

  it('are not listened for where that is switched off: subscriptions look for themselves', async () => {
    const tenant = crypto.randomUUID();
    const writer = await openEventStore({ storage: apart(postgresStorage({ client: pool, schema, tenant })) });
    const reader = await openEventStore({ storage: apart(postgresStorage({ client: other, schema, tenant, listen: false })), pollIntervalMs: 20 });
    const live = record(reader.subscribeToAll(0));
    await writer.appendToStream('Order-1', AnyVersion, numbered(3));
    expect(numbersOf(await live.untilCount(3))).toEqual([1, 2, 3]);
    await expect.poll(listening).toBe(0);
    await Promise.all([writer.close(), reader.close()]);
  });

  it('are heard again after the connection that listens was lost, and what came meanwhile is read', async () => {
    const tenant = crypto.randomUUID();
    const writer = await openEventStore({ storage: apart(postgresStorage({ client: pool, schema, tenant })) });
    const reader = await openEventStore({ storage: apart(postgresStorage({ client: other, schema, tenant })), pollIntervalMs: NEVER_MS });
    const live = record(reader.subscribeToAll(0));
    await writer.appendToStream('Order-1', AnyVersion, numbered(1));
    await live.untilCount(1);
    await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'hints, other' AND query LIKE 'LISTEN%'`);
    await expect.poll(listening).toBe(0);
    await writer.appendToStream('Order-1', AnyVersion, numbered(1, 2));
    await live.untilCount(2);
    await writer.appendToStream('Order-1', AnyVersion, numbered(1, 3));
    expect(numbersOf(await live.untilCount(3))).toEqual([1, 2, 3]);
    await Promise.all([writer.close(), reader.close()]);
  });

  it('take one connection for all logs of a client, and none when nobody subscribes', async () => {
    const stores = await Promise.all(range(1, 5).map((n) => openEventStore({ storage: postgresStorage({ client: other, schema, tenant: `tenant ${n}` }) })));
    expect(await listening()).toBe(0);
    const subscriptions = stores.map((store) => record(store.subscribeToAll(0)));
    await expect.poll(listening).toBe(1);
    for (const { subscription } of subscriptions) subscription.unsubscribe();
    await Promise.all(stores.map((store) => store.close()));
    await expect.poll(listening).toBe(0);
  });

  it('are looked for by polling where the pool has one connection only', async () => {
    const tenant = crypto.randomUUID();
    const single: Pool = createPool({ max: 1 });
    const writer = await openEventStore({ storage: apart(postgresStorage({ client: pool, schema, tenant })) });
    const reader = await openEventStore({ storage: apart(postgresStorage({ client: single, schema, tenant })), pollIntervalMs: 20 });
    const live = record(reader.subscribeToAll(0));
    await writer.appendToStream('Order-1', AnyVersion, numbered(3));
    expect(numbersOf(await live.untilCount(3))).toEqual([1, 2, 3]);
    await Promise.all([writer.close(), reader.close()]);
    await single.end();
  });

  it('that are no hints, or of other logs, are ignored', async () => {
    const tenant = crypto.randomUUID();
    const store = await openEventStore({ storage: apart(postgresStorage({ client: other, schema, tenant })), pollIntervalMs: NEVER_MS });
    const live = record(store.subscribeToAll(0));
    await expect.poll(listening).toBe(1);
    const { epoch } = await store.head();
    for (const payload of ['', '{', 'null', '[]', '{"epoch":1,"position":2}', `{"epoch":"${epoch}"}`, `{"epoch":"${epoch}","position":1.5}`, '{"epoch":"x","position":7}', `{"epoch":"${epoch}","position":99}`]) {
      await pool.query(`SELECT pg_notify('ermine_${schema}', $1)`, [payload]);
    }
    await store.appendToStream('Order-1', AnyVersion, numbered(2));
    expect(numbersOf(await live.untilCount(2))).toEqual([1, 2]);
    await store.close();
  });
});
