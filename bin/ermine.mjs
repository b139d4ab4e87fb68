#!/usr/bin/env node
// ermine serve: the sync server with PGlite in a folder, or with PostgreSQL where DATABASE_URL says so.
import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { postgresStorage } from '../dist/postgres.js';
import { createSyncHandler } from '../dist/server.js';
import { serveRequests } from './serve-requests.mjs';

const HELP = `ermine serve [options]

  --port <n>        8787 unless told
  --host <name>     127.0.0.1 unless told
  --data <folder>   where PGlite keeps its files; ./ermine-data unless told. Not used with DATABASE_URL
  --token <t>       tenant:user:secret, as often as needed; the secret is what clients send. One is made if there is none
  --origin <url>    pages of this origin may call; as often as needed
  --help

  DATABASE_URL      a PostgreSQL 13 or newer to use instead of PGlite (needs the package pg)
  ERMINE_TOKENS     tokens, separated by commas
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '8787' },
    host: { type: 'string', default: '127.0.0.1' },
    data: { type: 'string', default: './ermine-data' },
    token: { type: 'string', multiple: true, default: [] },
    origin: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || positionals[0] !== 'serve') {
  console.log(HELP);
  process.exit(values.help ? 0 : 2);
}

/** What an optional package is needed for. @param {string} name @param {string} what */
const needs = (name, what) => {
  console.error(`${what} needs the package ${name}: npm install ${name}`);
  process.exit(1);
};

async function openDatabase() {
  const url = process.env['DATABASE_URL'];
  if (url !== undefined) {
    const { default: pg } = await import('pg').catch(() => needs('pg', 'DATABASE_URL'));
    const pool = new pg.Pool({ connectionString: url });
    // A connection that breaks while nobody uses it is replaced by the pool.
    pool.on('error', (/** @type {Error} */ error) => console.error(`PostgreSQL: ${error.message}`));
    return { client: pool, name: `PostgreSQL at ${new URL(url).host}`, close: () => pool.end() };
  }
  const { PGlite } = await import('@electric-sql/pglite').catch(() => needs('@electric-sql/pglite', 'A server without DATABASE_URL'));
  mkdirSync(values.data, { recursive: true });
  const client = await PGlite.create(values.data);
  return { client, name: `PGlite in ${values.data}`, close: () => client.close() };
}

/** @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest();

function readTokens() {
  const given = [...values.token, ...(process.env['ERMINE_TOKENS']?.split(',') ?? [])].filter((text) => text !== '');
  if (given.length === 0) {
    const secret = randomBytes(24).toString('base64url');
    console.log(`No token was given. This one is for the time being: ${secret}`);
    given.push(`default:user:${secret}`);
  }
  return given.map((text) => {
    const [tenant, user, ...secret] = text.split(':');
    if (!tenant || !user || secret.join(':').length < 16) {
      console.error('A token is tenant:user:secret, and the secret has at least 16 characters.');
      process.exit(2);
    }
    return { tenant, user, digest: digest(secret.join(':')) };
  });
}

/** Only where the optional package is there; whoever wants it preloads an SDK with `node --import`. */
async function openTelemetry() {
  try {
    return (await import('../dist/opentelemetry.js')).syncTelemetry();
  } catch (error) {
    if (/** @type {{ code?: unknown }} */ (error).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return undefined;
  }
}

const tokens = readTokens();
const database = await openDatabase();
const telemetry = await openTelemetry();
const handler = createSyncHandler({
  storage: (tenant) => postgresStorage({ client: database.client, tenant }),
  authorize(token) {
    const sent = digest(token ?? '');
    const known = tokens.find((one) => timingSafeEqual(one.digest, sent));
    return known && { tenant: known.tenant, user: known.user };
  },
  allowedOrigins: values.origin,
  ...(telemetry && { telemetry }),
  onError: (error, request) => console.error(`${request.method} ${new URL(request.url).pathname}:`, error),
});

const server = serveRequests(handler);
server.on('error', (error) => {
  console.error(`Cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(Number(values.port), values.host, () => {
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`Ermine listens on http://${values.host}:${address.port} with ${database.name}`);
});

let stopping = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    console.log(`${signal}: answering what has come in …`);
    server.close();
    await handler.close();
    server.closeIdleConnections();
    await database.close();
    console.log('Stopped.');
    process.exit(0);
  });
}
