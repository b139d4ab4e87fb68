// Appends per second on PostgreSQL: a store with 1, 16 and 64 clients that each wait for their append, against plain
// INSERTs of the same rows by as many connections. All take turns in many short rounds, since a
// disk is fast at one moment and slow at the next. Usage: npm run bench:postgres -- [--rounds 40] [--appends 3000] [--clients 1,16,64]
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openEventStore } from '../dist/index.js';
import { postgresStorage } from '../dist/postgres.js';
import { startPostgres } from '../scripts/postgres-server.mjs';
import { median } from './report.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '40' }, appends: { type: 'string', default: '3000' }, clients: { type: 'string', default: '1,16,64' } } });
const rounds = Number(options.rounds);
const total = Number(options.appends);
const CLIENTS = options.clients.split(',').map(Number);
const data = { sku: 'b-7', quantity: 3, note: 'x'.repeat(150), address: { street: 'Long Lane 12', city: 'Bergen' } };

const server = await startPostgres();
const { host, port, user, database } = server;
const poolOf = (max) => new pg.Pool({ host, port, user, database, max });

const admin = poolOf(2);
const plain = { text: 'INSERT INTO plain.events (tenant, stream, version, event_id, type, data, timestamp_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)', name: 'plain' };

/** What takes part, with so many clients: `append(client, n)` is the nth of a client, and resolves when it is durable. */
const contestants = {
  'plain INSERTs': async (clients) => {
    const pool = poolOf(clients);
    const tenant = randomUUID();
    return {
      append: (client, n) => pool.query({ ...plain, values: [tenant, `Order-${client}`, n, randomUUID(), 'OrderPlaced', JSON.stringify(data), Date.now()] }),
      count: async () => (await pool.query('SELECT count(*)::int AS n FROM plain.events WHERE tenant = $1', [tenant])).rows[0].n,
      close: () => pool.end(),
    };
  },
  'one store': async () => openStores(1, 4),
  'a store for each client': async (clients) => openStores(clients, clients),
};

async function openStores(count, connections) {
  const pool = poolOf(connections);
  const tenant = randomUUID();
  const stores = await Promise.all(Array.from({ length: count }, () => openEventStore({ storage: postgresStorage({ client: pool, tenant }) })));
  return {
    append: (client, n) => stores[client % count].appendToStream(`Order-${client}`, n - 1, [{ type: 'OrderPlaced', data }]),
    count: async () => (await stores[0].head()).position,
    async close() {
      await Promise.all(stores.map((store) => store.close()));
      await pool.end();
    },
  };
}

/** Each client appends one after the other, all clients at once. @returns appends per second */
async function rate(contestant, clients, from, each) {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = from; n < from + each; n++) await contestant.append(client, n);
    }),
  );
  return (clients * each * 1_000) / (performance.now() - start);
}

async function compare(clients) {
  const each = Math.max(1, Math.round(total / rounds / clients));
  const opened = await Promise.all(Object.entries(contestants).map(async ([name, open]) => ({ name, contestant: await open(clients), rates: [] })));
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const turn = round % opened.length;
    for (const { contestant, rates } of [...opened.slice(turn), ...opened.slice(0, turn)]) {
      const appendsPerSecond = await rate(contestant, clients, 1 + round * each, each);
      if (round > 0) rates.push(appendsPerSecond);
    }
  }
  for (const { name, contestant, rates } of opened) {
    const stored = await contestant.count();
    if (stored !== (rounds + 1) * each * clients) throw new Error(`${name}: ${stored} events are stored, not ${(rounds + 1) * each * clients}`);
    await contestant.close();
    const ratio = median(rates.map((appendsPerSecond, round) => appendsPerSecond / opened[0].rates[round]));
    console.log(`${String(clients).padStart(2)} clients, ${name.padEnd(23)} ${median(rates).toFixed(0).padStart(6)}/s, ${ratio.toFixed(2)} of plain INSERTs`);
  }
}

try {
  await (await openEventStore({ storage: postgresStorage({ client: admin }) })).close();
  await admin.query('CREATE SCHEMA plain; CREATE TABLE plain.events (LIKE ermine.events INCLUDING ALL); CREATE SEQUENCE plain.positions; ALTER TABLE plain.events ALTER position SET DEFAULT nextval(\'plain.positions\')');
  console.log(`${server.version}, fsync on, ${cpus().length} cores, ${total} appends of one event in ${rounds} rounds`);
  for (const clients of CLIENTS) await compare(clients);
} finally {
  await admin.end();
  await server.stop();
}
