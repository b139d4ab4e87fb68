import type { PoolClient } from 'pg';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { AnyVersion, NoStream } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { numbered, range } from '../../testing/events.ts';
import type { SqlRow } from './client.ts';
import { append, openLog, positionsFrom } from './log.test-fixture.ts';
import { postgresStorage } from './postgres-storage.ts';
import { createPool } from './server.test-env.ts';

const schema = 'sequencer';
const pool = createPool({ max: 5 });
afterAll(() => pool.end());

/** A storage all of whose statements run on one connection, so that a test can hold its transaction open. */
function storageOn(connection: PoolClient, tenant: string) {
  const client = {
    query: async (text: string, values: readonly unknown[]) => (await connection.query<SqlRow>(text, [...values])).rows,
    execute: (script: string) => connection.query(script),
  };
  return postgresStorage({ client, tenant, schema });
}

async function connect(): Promise<PoolClient> {
  const connection = await pool.connect();
  onTestFinished(() => connection.release());
  return connection;
}

const waiting = async (): Promise<number> =>
  (await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%sequencer%append%'`)).rows[0]!.n;

describe('positions', () => {
  for (const [end, positions] of [['commits', [1, 2]], ['is undone', [1]]] as const) {
    it(`a writer that comes second waits for the first, which ${end} late, and a reader never sees the second alone`, async () => {
      const tenant = crypto.randomUUID();
      const first = await connect();
      const a = await openLog(storageOn(first, tenant));
      const b = await openLog(postgresStorage({ client: pool, tenant, schema }));
      await first.query('BEGIN');
      await a.commit([append('Order-1', NoStream, numbered(1))]);
      const second = b.commit([append('Order-2', NoStream, numbered(1))]);
      await expect.poll(waiting).toBe(1);
      expect([await b.head(), await positionsFrom(b, 1)]).toEqual([0, []]);
      await first.query(end === 'commits' ? 'COMMIT' : 'ROLLBACK');
      expect(await second).toMatchObject([{ ok: true, results: [{ version: 1, globalPosition: positions.at(-1) }] }]);
      expect(await positionsFrom(b, 1)).toEqual(positions);
    });
  }

  it('a refusal is decided on what the writer before has committed', async () => {
    const tenant = crypto.randomUUID();
    const first = await connect();
    const a = await openLog(storageOn(first, tenant));
    const b = await openLog(postgresStorage({ client: pool, tenant, schema }));
    await first.query('BEGIN');
    await a.commit([append('Order-1', NoStream, numbered(3))]);
    const second = b.commit([append('Order-1', NoStream, numbered(1)), append('Order-1', 3, numbered(1)), append('Order-1', AnyVersion, numbered(1))]);
    await expect.poll(waiting).toBe(1);
    await first.query('COMMIT');
    expect(await second).toMatchObject([
      { ok: false, error: { code: 'CONCURRENCY_CONFLICT', actualVersion: 3 } },
      { ok: true, results: [{ version: 4, globalPosition: 4 }] },
      { ok: true, results: [{ version: 5, globalPosition: 5 }] },
    ]);
  });

  it('of 16 writers on connections of their own, a reader that polls sees every event, in order, without a gap', async () => {
    const tenant = crypto.randomUUID();
    const clients = range(1, 16).map(() => createPool({ max: 1 }));
    const stores = await Promise.all(clients.map((client) => openEventStore({ storage: postgresStorage({ client, tenant, schema }) })));
    onTestFinished(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await Promise.all(clients.map((client) => client.end()));
    });
    const perWriter = 40;
    let sum = 0;
    let writing = true;
    const written = Promise.all(
      stores.map(async (store, w) => {
        for (let n = 1; n <= perWriter; n++) {
          const size = 1 + ((w + n) % 3);
          sum += size;
          // Some to streams of their own, some to one that all share.
          await store.appendToStream(n % 4 === 0 ? 'Shared-1' : `Writer-${w}`, AnyVersion, numbered(size));
        }
      }),
    ).finally(() => (writing = false));
    const reader = await openLog(postgresStorage({ client: pool, tenant, schema }));
    const seen: number[] = [];
    let reads = 0;
    for (let last = false; !last; ) {
      last = !writing;
      for (let more = true; more; reads++) {
        const found = await positionsFrom(reader, seen.length + 1);
        seen.push(...found);
        more = found.length > 0;
      }
    }
    await written;
    expect(seen).toEqual(range(1, sum));
    expect(reads).toBeGreaterThan(5);
    const versions = (await stores[0]!.loadStream('Shared-1')).map(({ version }) => version);
    expect(versions).toEqual(range(1, versions.length));
  });

  it('a database whose default isolation is serializable gives the same', async () => {
    const tenant = crypto.randomUUID();
    const client = createPool({ max: 6, options: '-c default_transaction_isolation=serializable' });
    onTestFinished(() => client.end());
    const stores = await Promise.all(range(1, 4).map(() => openEventStore({ storage: postgresStorage({ client, tenant, schema }) })));
    await Promise.all(stores.flatMap((store) => range(1, 10).map((n) => store.appendToStream('Order-1', AnyVersion, numbered(1, n)))));
    const results = await Promise.allSettled(stores.map((store) => store.appendToStream('Order-2', NoStream, numbered(1))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await stores[0]!.loadStream('Order-1')).map(({ version }) => version)).toEqual(range(1, 40));
    await Promise.all(stores.map((store) => store.close()));
  });

  it('a database whose default isolation is serializable lets many open one log that is not there yet, and its schema', async () => {
    const client = createPool({ max: 6, options: '-c default_transaction_isolation=serializable' });
    onTestFinished(() => client.end());
    for (let round = 0; round < 5; round++) {
      const fresh = `serializable_${process.pid}_${round}`;
      for (const tenant of ['first', 'second']) {
        const stores = await Promise.all(range(1, 6).map(() => openEventStore({ storage: postgresStorage({ client, tenant, schema: fresh }) })));
        expect(new Set(await Promise.all(stores.map(async (store) => (await store.head()).epoch))).size).toBe(1);
        await Promise.all(stores.map((store) => store.close()));
      }
    }
  });
});
