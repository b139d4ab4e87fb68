#!/usr/bin/env node
// ermine serve: the sync server with PGlite in a folder, or with PostgreSQL where DATABASE_URL says so.
import { randomBytes, timingSafeEqual, createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { postgresStorage } from '../dist/postgres.js';
import { createSyncHandler } from '../dist/server.js';
import { fail, readOptions, reasonOf } from './serve-options.mjs';
import { serveRequests } from './serve-requests.mjs';

const options = readOptions();

/** What an optional package is needed for. @param {string} name @param {string} what */
const needs = (name, what) => fail(`${what} needs the package ${name}: npm install ${name}`);

/** PGlite does not notice a second process in its folder, and the two would corrupt it. @param {string} folder */
function occupy(folder) {
  const file = join(folder, 'ermine.pid');
  try {
    mkdirSync(folder, { recursive: true });
    const other = Number(readFileSync(file, { flag: 'a+', encoding: 'utf8' }));
    if (other !== 0 && other !== process.pid && isRunning(other)) fail(`${folder} is used by process ${other}. Stop that one, or choose another folder with --data. If that process is not ermine, delete ${file}.`);
    writeFileSync(file, String(process.pid));
  } catch (error) {
    fail(`${folder} cannot be used: ${reasonOf(error)}. Choose another folder with --data.`);
  }
  process.on('exit', () => rmSync(file, { force: true }));
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return /** @type {{ code?: unknown }} */ (error).code === 'EPERM';
  }
}

async function openDatabase() {
  const { databaseUrl, data } = options;
  if (databaseUrl !== undefined) {
    const { default: pg } = await import('pg').catch(() => needs('pg', 'DATABASE_URL'));
    const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
    // A connection that breaks while nobody uses it is replaced by the pool.
    pool.on('error', (/** @type {Error} */ error) => console.error(`PostgreSQL: ${error.message}`));
    const where = URL.canParse(databaseUrl) && new URL(databaseUrl).host;
    return { client: pool, name: `PostgreSQL at ${where || 'a socket'}`, close: () => pool.end() };
  }
  const { PGlite } = await import('@electric-sql/pglite').catch(() => needs('@electric-sql/pglite', 'A server without DATABASE_URL'));
  occupy(data);
  const client = await PGlite.create(data).catch((/** @type {unknown} */ error) => fail(`PGlite cannot open ${data}: ${reasonOf(error)}. Choose another folder with --data.`));
  return { client, name: `PGlite in ${data}`, close: () => client.close() };
}

/** @param {string} text */
const digest = (text) => createHash('sha256').update(text).digest();

function readTokens() {
  const given = [...options.token, ...(process.env['ERMINE_TOKENS']?.split(',') ?? [])].filter((text) => text !== '');
  if (given.length === 0) {
    const secret = randomBytes(24).toString('base64url');
    console.log(`No token was given. This one is valid until the server stops: ${secret}`);
    given.push(`default:user:${secret}`);
  }
  return given.map((text) => {
    const [tenant, user, ...secret] = text.split(':');
    if (!tenant || !user || secret.join(':').length < 16) {
      return fail('A token is tenant:user:secret, and the secret has at least 16 characters.', 2);
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

/** The port is taken before the database is opened, and what comes in meanwhile waits. @type {ReturnType<typeof open>} */
let opening;
const server = serveRequests(async (request) => (await opening).handler(request));

async function open() {
  const tokens = readTokens();
  const database = await openDatabase();
  const storage = (/** @type {string} */ tenant) => postgresStorage({ client: database.client, tenant });
  try {
    // Brings the schema up to date, and shows what is wrong before the first client does.
    for (const { tenant } of tokens.slice(0, 1)) await (await storage(tenant).open(() => undefined)).close();
  } catch (error) {
    fail(reasonOf(error));
  }
  const telemetry = await openTelemetry();
  const handler = createSyncHandler({
    storage,
    authorize(token) {
      const sent = digest(token ?? '');
      const known = tokens.find((one) => timingSafeEqual(one.digest, sent));
      return known && { tenant: known.tenant, user: known.user };
    },
    allowedOrigins: options.origin,
    ...(telemetry && { telemetry }),
    onError: (error, request) => console.error(`${request.method} ${new URL(request.url).pathname}:`, error),
  });
  return { database, handler };
}

const { host, port } = options;
server.on('error', (error) => {
  const inUse = /** @type {{ code?: unknown }} */ (error).code === 'EADDRINUSE';
  fail(inUse ? `Port ${port} of ${host} is in use. Choose another one with --port.` : `It cannot listen on port ${port} of ${host}: ${reasonOf(error)}. Choose others with --port and --host.`);
});
await once(server.listen(port, host), 'listening');
opening = open();

/** What is asked to end is killed after 30 seconds in most places; a database that does not answer would never let it end. */
const STOP_LIMIT_MS = 25_000;

let stopping = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.on(signal, async () => {
    if (stopping) return;
    stopping = true;
    console.log(`${signal}: answering what has come in …`);
    setTimeout(() => fail('It has not stopped in 25 seconds: the database does not answer. What has no answer yet, its client sends again.'), STOP_LIMIT_MS).unref();
    server.close();
    const { database, handler } = await opening;
    await handler.close();
    server.closeIdleConnections();
    await database.close();
    console.log('Stopped.');
    process.exit(0);
  });
}

const { name } = (await opening).database;
console.log(`Ermine listens on http://${host}:${/** @type {import('node:net').AddressInfo} */ (server.address()).port} with ${name}`);
