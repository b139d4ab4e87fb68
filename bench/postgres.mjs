// Appends per second on PostgreSQL: a store with 1, 16 and 64 clients that each wait for their append, against plain
// INSERTs of the same rows by as many connections. Usage: npm run bench:postgres -- [--rounds 5] [--appends 3000] [--clients 1,16,64]
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { openEventStore } from '../dist/index.js';
import { postgresStorage } from '../dist/postgres.js';
import { startPostgres } from '../scripts/postgres-server.mjs';
import { median } from './report.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, appends: { type: 'string', default: '3000' }, clients: { type: 'string', default: '1,16,64' } } });
const rounds = Number(options.rounds);
const total = Number(options.appends);
const CLIENTS = options.clients.split(',').map(Number);
const data = { sku: 'b-7', quantity: 3, note: 'x'.repeat(150), address: { street: 'Long Lane 12', city: 'Bergen' } };

const server = await startPostgres();
const { host, port, user, database } = server;
const poolOf = (max) => new pg.Pool({ host, port, user, database, max });

/** Runs `append(client, n)` one after the other for each client, all clients at once. @returns appends per second */
async function rate(clients, append) {
  const each = Math.ceil(total / clients);
  const start = performance.now();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (let n = 1; n <= each; n++) await append(client, n);
    }),
  );
  return (clients * each * 1_000) / (performance.now() - start);
}

const admin = poolOf(2);
const plain = { text: 'INSERT INTO plain.events (tenant, stream, version, event_id, type, data, timestamp_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)', name: 'plain' };

const contestants = {
  async 'plain INSERTs'(clients) {
    const pool = poolOf(clients);
    const tenant = randomUUID();
    const result = await rate(clients, (client, n) => pool.query({ ...plain, values: [tenant, `Order-${client}`, n, randomUUID(), 'OrderPlaced', JSON.stringify(data), Date.now()] }));
    await pool.end();
    return result;
  },
  async 'one store'(clients) {
    const pool = poolOf(4);
    const store = await openEventStore({ storage: postgresStorage({ client: pool, tenant: randomUUID() }) });
    const result = await rate(clients, (client, n) => store.appendToStream(`Order-${client}`, n - 1, [{ type: 'OrderPlaced', data }]));
    const { position } = await store.head();
    if (position < total) throw new Error(`${position} events are stored, not ${total}`);
    await store.close();
    await pool.end();
    return result;
  },
  async 'a store for each client'(clients) {
    const pool = poolOf(clients);
    const tenant = randomUUID();
    const stores = await Promise.all(Array.from({ length: clients }, () => openEventStore({ storage: postgresStorage({ client: pool, tenant }) })));
    const result = await rate(clients, (client, n) => stores[client].appendToStream(`Order-${client}`, n - 1, [{ type: 'OrderPlaced', data }]));
    await Promise.all(stores.map((store) => store.close()));
    await pool.end();
    return result;
  },
};

try {
  await (await openEventStore({ storage: postgresStorage({ client: admin }) })).close();
  await admin.query('CREATE SCHEMA plain; CREATE TABLE plain.events (LIKE ermine.events INCLUDING ALL); CREATE SEQUENCE plain.positions; ALTER TABLE plain.events ALTER position SET DEFAULT nextval(\'plain.positions\')');
  console.log(`${server.version}, fsync on, ${cpus().length} cores, ${total} appends of one event a round, ${rounds} rounds`);
  const names = Object.keys(contestants);
  for (const clients of CLIENTS) {
    const rates = new Map(names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      const turn = round % names.length;
      for (const name of [...names.slice(turn), ...names.slice(0, turn)]) rates.get(name).push(await contestants[name](clients));
    }
    const floor = median(rates.get(names[0]));
    for (const name of names) console.log(`${String(clients).padStart(2)} clients, ${name.padEnd(23)} ${median(rates.get(name)).toFixed(0).padStart(6)}/s, ${(median(rates.get(name)) / floor).toFixed(2)} of plain INSERTs`);
  }
} finally {
  await admin.end();
  await server.stop();
}
