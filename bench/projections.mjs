// Read models of 100,000 events in 10,000 orders, in headless Chromium, relaxed durability: a fold and documents against the
// raw replay, documents against a projection written by hand with Dexie that writes per event and against RxDB, a rebuild's
// heap, and how long a change takes to the other tab. Usage: npm run bench:projections -- [--rounds 3]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { findBrowser } from '../scripts/browsers.mjs';
import { median, percentile } from './report.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const rounds = Number(options.rounds);
const TOTAL = 100_000;
/** Of these only so many: they do a few hundred to a few thousand a second. */
const PEER_EVENTS = 2_000;
const HEAP_SAMPLE_MS = 50;

execFileSync('npm', ['run', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' });
const configFile = join(import.meta.dirname, 'vite.config.js');
await build({ configFile, logLevel: 'error', build: { rolldownOptions: { input: join(import.meta.dirname, 'projections.html') } } });
const server = await preview({ configFile, preview: { port: 0, host: '127.0.0.1' } });
const { port } = server.httpServer.address();
const profile = mkdtempSync(join(tmpdir(), 'ermine-bench-'));
const context = await chromium.launchPersistentContext(profile, { headless: true, ...findBrowser('chromium') });

async function openPage() {
  const page = await context.newPage();
  await page.goto(`http://localhost:${port}/projections.html`);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

try {
  console.log(`Chromium ${context.browser()?.version() ?? ''}, ${cpus().length} cores, ${TOTAL} events, median of ${rounds}`);
  const page = await openPage();
  await page.evaluate((total) => bench.fill(total), TOTAL);
  const figures = { replay: [], fold: [], documents: [], dexie: [], rxdb: [] };
  for (let round = -1; round < rounds; round++) {
    for (const what of ['replay', 'fold', 'documents', 'dexie', 'rxdb']) {
      const count = what === 'dexie' || what === 'rxdb' ? PEER_EVENTS : TOTAL;
      const ms = await page.evaluate(([what, count, run]) => bench[what](count, run), [what, count, round + 1]);
      // The first round warms up.
      if (round >= 0) figures[what].push((count / ms) * 1_000);
    }
  }
  const rate = Object.fromEntries(Object.entries(figures).map(([what, all]) => [what, median(all)]));
  for (const [what, perSecond] of Object.entries(rate)) console.log(`${what}: ${Math.round(perSecond)} events/s`);
  console.log(`fold / replay: ${(rate.replay / rate.fold).toFixed(2)} times the raw replay (at most 1.3)`);
  console.log(`documents / Dexie: ${(rate.documents / rate.dexie).toFixed(1)} times as many events a second (at least 3); / RxDB: ${(rate.documents / rate.rxdb).toFixed(1)}`);

  // A page of its own: the heap holds nothing but the rebuild.
  await page.close();
  const rebuilding = await openPage();
  await rebuilding.evaluate((total) => bench.fill(total), TOTAL);
  const session = await context.newCDPSession(rebuilding);
  await session.send('Performance.enable');
  await session.send('HeapProfiler.collectGarbage');
  const heap = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'JSHeapUsedSize').value / 1e6;
  const before = await heap();
  let peak = before;
  let running = true;
  const sampling = (async () => {
    while (running) {
      peak = Math.max(peak, await heap());
      await new Promise((resolve) => setTimeout(resolve, HEAP_SAMPLE_MS));
    }
  })();
  const ms = await rebuilding.evaluate((total) => bench.rebuild(total), TOTAL);
  running = false;
  await sampling;
  console.log(`rebuild: ${Math.round(TOTAL / ms * 1_000)} events/s, heap ${before.toFixed(0)} MB before, at most ${peak.toFixed(0)} MB (below 150)`);
  await rebuilding.close();

  for (const kind of ['ermine', 'dexie', 'rxdb']) {
    const latencies = [];
    for (let round = 0; round < rounds; round++) {
      const name = `live-${kind}-${round}`;
      const [writer, reader] = [await openPage(), await openPage()];
      await reader.evaluate(([kind, name]) => bench.watch(kind, name), [kind, name]);
      latencies.push(...(await writer.evaluate(([kind, name]) => bench.change(kind, name, 100), [kind, name])));
      await Promise.all([writer.close(), reader.close()]);
    }
    console.log(`watch across tabs, ${kind}: p50 ${percentile(latencies, 50).toFixed(1)} ms, p99 ${percentile(latencies, 99).toFixed(1)} ms`);
  }
} finally {
  await context.close();
  await server.close();
  rmSync(profile, { recursive: true, force: true });
}
