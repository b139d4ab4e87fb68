import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ErmineError } from '../../event/errors.ts';
import { AnyVersion, NoStream } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { numbered, numbersOf, toArray } from '../../testing/events.ts';
import { record } from '../../testing/recording.ts';
import { append, openLog } from './log.test-fixture.ts';
import { postgresStorage, postgresStorageWith } from './postgres-storage.ts';
import { migrations } from './schema.ts';
import { createPool } from './server.test-env.ts';

const pool = createPool();
afterAll(() => pool.end());

let schemas = 0;
const freshSchema = (): string => `refusals_${process.pid}_${++schemas}`;

describe('a log that another transaction holds', () => {
  it('is STORAGE_BLOCKED with nothing written, and can be used when it is let go', async () => {
    const schema = freshSchema();
    const log = await openLog(postgresStorage({ client: pool, schema, blockedAfterMs: 300 }));
    const other = await pool.connect();
    await other.query(`BEGIN; SELECT FROM ${schema}.logs FOR UPDATE`);
    const [outcome] = await log.commit([append('Order-1', NoStream, numbered(1))]);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'STORAGE_BLOCKED', written: 'no' } });
    // Reading waits for nobody.
    expect(await log.head()).toBe(0);
    await other.query('ROLLBACK');
    other.release();
    expect(await log.commit([append('Order-1', NoStream, numbered(1))])).toMatchObject([{ ok: true, results: [{ version: 1, globalPosition: 1 }] }]);
  });

  it('is STORAGE_BLOCKED with nothing written when the server cancels the statement', async () => {
    const schema = freshSchema();
    const client = createPool({ statement_timeout: 200 });
    onTestFinished(() => client.end());
    const log = await openLog(postgresStorage({ client, schema }));
    const other = await pool.connect();
    await other.query(`BEGIN; SELECT FROM ${schema}.logs FOR UPDATE`);
    const [outcome] = await log.commit([append('Order-1', NoStream, numbered(1))]);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'STORAGE_BLOCKED', written: 'no' } });
    await other.query('ROLLBACK');
    other.release();
    expect(await log.head()).toBe(0);
  });
});

describe('what PostgreSQL cannot keep', () => {
  it('is INVALID_EVENT to the append that holds it, and no other of its group', async () => {
    const log = await openLog(postgresStorage({ client: pool, schema: freshSchema() }));
    const correlationId = Array.from({ length: 500 }, () => crypto.randomUUID()).join('');
    const outcomes = await log.commit([
      append('Order-1', NoStream, numbered(1)),
      append('Order-2', NoStream, [{ type: 'Traced', data: 1, metadata: { correlationId } }]),
      append('Order-1', 1, numbered(1)),
    ]);
    expect(outcomes).toMatchObject([{ ok: true }, { ok: false, error: { code: 'INVALID_EVENT' } }, { ok: true, results: [{ version: 2, globalPosition: 2 }] }]);
    expect(await log.head()).toBe(2);
  });

  it('are the documents of a replica, which are refused before anything is acknowledged', async () => {
    const log = await openLog(postgresStorage({ client: pool, schema: freshSchema() }));
    const documents = { puts: [{ collection: 'c', key: 'k', data: '1' }] };
    await expect(log.commit([{ writes: [{ stream: 'Order-1', expectedVersion: NoStream, batches: [] }], ids: [], documents }])).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});

describe('another log in the place of this one', () => {
  const changes: Readonly<Record<string, (schema: string) => string>> = {
    'was given another epoch after a backup was restored': (schema) => `SELECT ${schema}.renew_epochs('default')`,
    'is gone': (schema) => `DELETE FROM ${schema}.logs`,
    'is gone with its schema': (schema) => `DROP SCHEMA ${schema} CASCADE`,
  };
  for (const [what, change] of Object.entries(changes)) {
    it(`that ${what} is EPOCH_CHANGED to everybody, once and for all`, async () => {
      const schema = freshSchema();
      const storage = postgresStorage({ client: pool, schema });
      const [writer, reader] = [await openEventStore({ storage }), await openEventStore({ storage, pollIntervalMs: 20 })];
      await writer.appendToStream('Order-1', NoStream, numbered(2));
      const checkpoint = await reader.head();
      const live = record(reader.subscribeToAll(0));
      await live.untilCount(2);
      await pool.query(change(schema));
      await expect(writer.appendToStream('Order-1', 2, numbered(1))).rejects.toMatchObject({ code: 'EPOCH_CHANGED', expectedEpoch: checkpoint.epoch });
      expect(await live.untilError()).toMatchObject({ code: 'EPOCH_CHANGED' });
      await expect(reader.loadStream('Order-1')).rejects.toMatchObject({ code: 'EPOCH_CHANGED' });
      await expect(reader.snapshots.load('Order-1')).rejects.toMatchObject({ code: 'EPOCH_CHANGED' });
      const health = record(reader.health$);
      await health.untilCompleted();
      expect(health.values.at(-1)).toMatchObject({ connection: 'closed', error: { code: 'EPOCH_CHANGED' } });
      const again = await openEventStore({ storage });
      expect((await again.head()).epoch).not.toBe(checkpoint.epoch);
      await Promise.all([writer.close(), reader.close(), again.close()]);
    });
  }
});

describe('migrations', () => {
  const more = [...migrations, (s: string) => `CREATE TABLE ${s}.more (n integer); INSERT INTO ${s}.more VALUES (1);`];
  const count = async (schema: string): Promise<number> => (await pool.query(`SELECT count(*)::int AS n FROM ${schema}.more`)).rows[0].n as number;

  it('upgrade a schema with its events once, however many open it at the same time', async () => {
    const schema = freshSchema();
    const old = await openEventStore({ storage: postgresStorage({ client: pool, schema }) });
    await old.appendToStream('Order-1', NoStream, numbered(3));
    const logs = await Promise.all(Array.from({ length: 5 }, () => openLog(postgresStorageWith({ client: pool, schema }, more))));
    expect(await Promise.all(logs.map((log) => log.head()))).toEqual([3, 3, 3, 3, 3]);
    expect(await count(schema)).toBe(1);
    // Migrations only add: who has opened before goes on.
    await old.appendToStream('Order-1', 3, numbered(1, 4));
    expect(numbersOf(await toArray(old.readAll()))).toEqual([1, 2, 3, 4]);
    await old.close();
  });

  it('of newer code are VERSION_TOO_NEW to older code that opens, or that finds its functions gone', async () => {
    const schema = freshSchema();
    const errors: (ErmineError | undefined)[] = [];
    const log = await openLog(postgresStorage({ client: pool, schema }), (error) => errors.push(error));
    await openLog(postgresStorageWith({ client: pool, schema }, more));
    await expect(openLog(postgresStorage({ client: pool, schema }))).rejects.toMatchObject({ code: 'VERSION_TOO_NEW', storage: schema });
    await pool.query(`DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc WHERE proname LIKE 'append%' AND pronamespace = '${schema}'::regnamespace LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP; END $$`);
    await expect(log.commit([append('Order-1', NoStream, numbered(1))])).rejects.toMatchObject({ code: 'VERSION_TOO_NEW' });
    expect(errors.map((error) => error?.code)).toEqual(['VERSION_TOO_NEW']);
  });

  it('that fail leave the schema as it was', async () => {
    const schema = freshSchema();
    const log = await openLog(postgresStorage({ client: pool, schema }));
    const failing = [...more, () => 'SELECT 1 / 0;'];
    await expect(openLog(postgresStorageWith({ client: pool, schema }, failing))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(count(schema)).rejects.toMatchObject({ code: '42P01' });
    expect(await log.commit([append('Order-1', NoStream, numbered(1))])).toMatchObject([{ ok: true }]);
  });
});

describe('tenants', () => {
  it('have logs of their own: positions, streams, event ids, snapshots and documents', async () => {
    const schema = freshSchema();
    const names = ['acme', `'; DROP TABLE logs; --`, '"quoted" \\', 'a\u{1F600}'];
    const events = [{ type: 'A', data: 1, id: crypto.randomUUID() }];
    for (const tenant of names) {
      const storage = postgresStorage({ client: pool, schema, tenant });
      const store = await openEventStore({ storage });
      expect(await store.appendToStream('Order-1', NoStream, events)).toEqual({ version: 1, globalPosition: 1, deduplicated: false });
      expect(await store.snapshots.load('Order-1')).toBeUndefined();
      await store.snapshots.save({ streamId: 'Order-1', version: 1, data: tenant });
      const documents = await (await openLog(storage)).documents();
      expect(await documents.write({ expect: [{ collection: 'c', key: 'k', data: undefined }], puts: [{ collection: 'c', key: 'k', data: '1' }] })).toBe(true);
      await store.close();
    }
    const store = await openEventStore({ storage: postgresStorage({ client: pool, schema, tenant: names[0]! }) });
    await store.deleteStream('Order-1', 1);
    await store.close();
    const other = await openEventStore({ storage: postgresStorage({ client: pool, schema, tenant: names[1]! }) });
    expect([(await other.loadStream('Order-1')).length, (await other.snapshots.load('Order-1'))?.data]).toEqual([1, names[1]]);
    await other.close();
  });

  it('and schemas and clients that cannot be are refused when the storage is made', () => {
    const refused = { code: 'STORAGE_UNAVAILABLE' };
    for (const tenant of ['', 'a\0b', '\ud800', 'x'.repeat(251)]) expect(() => postgresStorage({ client: pool, tenant })).toThrow(expect.objectContaining(refused));
    for (const schema of ['', 'Upper', 'a-b', 'a"b', '1a', 'x'.repeat(51)]) expect(() => postgresStorage({ client: pool, schema })).toThrow(expect.objectContaining(refused));
    expect(() => postgresStorage({ client: {} as typeof pool })).toThrow(expect.objectContaining(refused));
  });
});

it('a database that only lets read is STORAGE_UNAVAILABLE to an append, and is read', async () => {
  const schema = freshSchema();
  const store = await openEventStore({ storage: postgresStorage({ client: pool, schema }) });
  await store.appendToStream('Order-1', NoStream, numbered(2));
  const client = createPool({ options: '-c default_transaction_read_only=on' });
  onTestFinished(() => client.end());
  const replica = await openEventStore({ storage: postgresStorage({ client, schema }) });
  await expect(replica.appendToStream('Order-1', AnyVersion, numbered(1))).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect(numbersOf(await replica.loadStream('Order-1'))).toEqual([1, 2]);
  await Promise.all([store.close(), replica.close()]);
});
