// Sync between headless Chromium and `ermine serve`, a process of its own with a real PostgreSQL: the initial pull of 100,000
// events beside their import into a local store, the push of 10,000 commits, one append's way from a device to another one,
// 1,000 pending commits whose streams have moved, and the server's memory with 1,000 live clients. Durability is what a user
// gets, strict. Usage: npm run bench:sync -- [--rounds 3] [--only pull,push,way,rebase,memory]
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { openEventStore } from '../dist/index.js';
import { memoryStorage } from '../dist/memory.js';
import { postgresStorage } from '../dist/postgres.js';
import { openSyncedStore } from '../dist/sync.js';
import { findBrowser } from '../scripts/browsers.mjs';
import { startPostgres } from '../scripts/postgres-server.mjs';
import { interleavedAppends, makeEvent, makeEvents } from './data.js';
import { openLiveClients } from './live-clients.mjs';
import { median, percentile } from './report.mjs';
import { startSyncServer, tokenOf } from './sync-process.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, only: { type: 'string', default: 'pull,push,way,rebase,memory' } } });
const rounds = Number(options.rounds);
const wanted = options.only.split(',');
const PULLED_EVENTS = 100_000;
const PUSHED_COMMITS = 10_000;
const REBASED_COMMITS = 1_000;
const SENT_EVENTS = 200;
const LIVE_CLIENTS = 1_000;

const configFile = join(import.meta.dirname, 'vite.config.js');
await build({ configFile, logLevel: 'error', build: { rolldownOptions: { input: join(import.meta.dirname, 'sync.html') } } });
const site = await preview({ configFile, preview: { port: 0, host: '127.0.0.1' } });
const origin = `http://localhost:${site.httpServer.address().port}`;
const database = await startPostgres();
const databaseUrl = `postgres://${database.user}@${database.host}:${database.port}/${database.database}`;
const pool = new pg.Pool({ connectionString: databaseUrl });
const logOf = (tenant) => openEventStore({ storage: postgresStorage({ client: pool, tenant }) });
// The first round warms up. Each has logs of its own.
const roundNames = Array.from({ length: rounds + 1 }, (_, round) => round);
const tenants = ['pull', 'way', 'memory', ...roundNames.flatMap((round) => [`push-${round}`, `moved-${round}`, `unmoved-${round}`])];
const server = await startSyncServer(databaseUrl, origin, tenants);
const serverFor = (tenant) => ({ url: server.url, token: tokenOf(tenant) });
const profile = mkdtempSync(join(tmpdir(), 'ermine-bench-'));
const context = await chromium.launchPersistentContext(profile, { headless: true, ...findBrowser('chromium') });

async function openPage() {
  const page = await context.newPage();
  await page.goto(`${origin}/sync.html`);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

const measurements = { pull: measurePull, push: measurePush, way: measureWay, rebase: measureRebase, memory: measureMemory };

try {
  console.log(`Chromium ${context.browser()?.version() ?? ''}, ${database.version}, ${cpus().length} cores, median of ${rounds}`);
  for (const [name, measure] of Object.entries(measurements)) if (wanted.includes(name)) await measure();
} finally {
  await context.close();
  await server.stop();
  await pool.end();
  await database.stop();
  await site.close();
  rmSync(profile, { recursive: true, force: true });
}

async function measurePull() {
  const log = await logOf('pull');
  const { appends } = interleavedAppends(PULLED_EVENTS);
  for (let from = 0; from < appends.length; from += 500) {
    await Promise.all(appends.slice(from, from + 500).map(({ stream, version, size, n }) => log.appendToStream(stream, version, makeEvents(size, n))));
  }
  await expectEvents(log, PULLED_EVENTS);
  const page = await openPage();
  const figures = { pull: [], import: [], append: [] };
  for (const round of roundNames) {
    const ms = {
      pull: await page.evaluate(([server, name, total]) => bench.pull(server, name, total), [serverFor('pull'), `pull-${round}`, PULLED_EVENTS]),
      import: await page.evaluate(([name, total]) => bench.import(name, total), [`import-${round}`, PULLED_EVENTS]),
      append: await page.evaluate(([name, total]) => bench.append(name, total), [`append-${round}`, PULLED_EVENTS]),
    };
    if (round > 0) for (const [what, all] of Object.entries(figures)) all.push((PULLED_EVENTS / ms[what]) * 1_000);
  }
  const ratio = (what) => median(figures.pull.map((rate, round) => rate / figures[what][round])).toFixed(2);
  console.log(`pull: ${Math.round(median(figures.pull))} events/s, ${ratio('import')} of the import of the same events (${Math.round(median(figures.import))}/s; at least 0.5), ${ratio('append')} of appending their data from memory (${Math.round(median(figures.append))}/s)`);
  await page.close();
}

async function measurePush() {
  const page = await openPage();
  const rates = [];
  const appendRates = [];
  for (const round of roundNames) {
    const { ms, pendingMs } = await page.evaluate(([server, name, count]) => bench.push(server, name, count), [serverFor(`push-${round}`), `push-${round}`, PUSHED_COMMITS]);
    await expectEvents(await logOf(`push-${round}`), PUSHED_COMMITS);
    if (round === 0) continue;
    rates.push((PUSHED_COMMITS / ms) * 1_000);
    appendRates.push((PUSHED_COMMITS / pendingMs) * 1_000);
  }
  console.log(`push: ${Math.round(median(rates))} commits of one event a second until confirmed; into the outbox: ${Math.round(median(appendRates))}/s`);
  await page.close();
}

async function measureWay() {
  const [sender, receiver] = [await openPage(), await openPage()];
  await receiver.evaluate((server) => bench.follow(server, 'receiver'), serverFor('way'));
  const count = SENT_EVENTS * rounds;
  const latencies = await sender.evaluate(([server, count]) => bench.send(server, 'sender', count), [serverFor('way'), count]);
  await expectEvents(await logOf('way'), count);
  // The first ones warm up.
  const warm = latencies.slice(20);
  console.log(`from device to device, ${warm.length} times: p50 ${percentile(warm, 50).toFixed(1)} ms, p99 ${percentile(warm, 99).toFixed(1)} ms`);
  await Promise.all([sender.close(), receiver.close()]);
}

async function measureRebase() {
  const page = await openPage();
  const figures = { moved: [], unmoved: [] };
  for (const round of roundNames) {
    for (const [what, all] of Object.entries(figures)) {
      const name = `${what}-${round}`;
      const ms = await page.evaluate(([server, name, count, moved]) => bench.rebase(server, name, count, moved), [serverFor(name), name, REBASED_COMMITS, what === 'moved']);
      if (round > 0) all.push(ms);
    }
  }
  const difference = median(figures.moved.map((ms, round) => ms - figures.unmoved[round]));
  console.log(`${REBASED_COMMITS} pending commits: ${median(figures.moved).toFixed(0)} ms until confirmed when all are rebased, ${median(figures.unmoved).toFixed(0)} ms when none is: the rebase takes ${difference.toFixed(0)} ms`);
  await page.close();
}

async function measureMemory() {
  const writer = await openSyncedStore({ storage: memoryStorage(), ...serverFor('memory') });
  let appended = 0;
  const append = async (count) => {
    for (const end = appended + count; appended < end; appended++) await writer.appendToStream('Order-1', appended, [makeEvent(appended)]);
    await writer.sync.now();
  };
  await append(100);
  const figures = { before: [], with: [], after: [] };
  for (let round = 0; round < rounds; round++) {
    figures.before.push(server.memory());
    const clients = await openLiveClients(server.url, tokenOf('memory'), LIVE_CLIENTS);
    let most = server.memory();
    for (let n = 0; n < 20; n++) {
      await append(10);
      await clients.allReach(appended);
      most = Math.max(most, server.memory());
    }
    figures.with.push(most);
    clients.close();
    // Time to notice, and to collect what is not needed any more.
    await sleep(3_000);
    await append(10);
    figures.after.push(server.memory());
  }
  await writer.close();
  await expectEvents(await logOf('memory'), appended);
  const list = (figure) => figure.map((megabytes) => megabytes.toFixed(0)).join(', ');
  console.log(`server with ${LIVE_CLIENTS} live clients, round by round: ${list(figures.with)} MB at most; before ${list(figures.before)} MB, after ${list(figures.after)} MB`);
}

async function expectEvents(log, count) {
  const { position } = await log.head();
  await log.close();
  if (position !== count) throw new Error(`The server has ${position} events instead of ${count}.`);
}
