// Runs all workloads in headless Chromium, each contestant in its own origin, round by round, and prints medians and
// their ratios to the raw floor. Usage: npm run bench -- [--rounds 5] [--only 'text in the workload'] [--sqlite] [--growth] [--meaning]
// --sqlite: with Ermine on SQLite and an events table on SQLite by hand, in the same rounds.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { findBrowser } from '../scripts/browsers.mjs';
import { median, percentile, printTable } from './report.mjs';

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, only: { type: 'string', default: '' }, sqlite: { type: 'boolean', default: false }, growth: { type: 'boolean', default: false }, meaning: { type: 'boolean', default: false } } });
const rounds = Number(options.rounds);
const wanted = (workload) => options.only.split(',').some((part) => workload.includes(part));
const TOTAL = 50_000;
const GROWN = 3_000;
const relaxed = ['floor-relaxed', 'ermine-relaxed', 'table-relaxed', 'dexie-relaxed', ...(options.sqlite ? ['sqlite-relaxed', 'sqltable-relaxed'] : [])];
const strict = ['floor-strict', 'ermine-strict', ...(options.sqlite ? ['sqlite-strict'] : [])];
// By hand, a second tab would need a way to the first one's worker.
const inTabs = relaxed.filter((contestant) => !contestant.startsWith('sqltable'));

execFileSync('npm', ['run', 'build'], { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' });
await build({ configFile: join(import.meta.dirname, 'vite.config.js'), logLevel: 'error' });
const server = await preview({ configFile: join(import.meta.dirname, 'vite.config.js'), preview: { port: 0, host: '127.0.0.1' } });
const { port } = server.httpServer.address();
const profile = mkdtempSync(join(tmpdir(), 'ermine-bench-'));
const launch = () => chromium.launchPersistentContext(profile, { headless: true, ...findBrowser('chromium') });
const results = [];

async function openPage(context, contestant) {
  const page = await context.newPage();
  await page.goto(`http://${contestant}.localhost:${port}/`);
  await page.waitForFunction(() => 'bench' in globalThis);
  return page;
}

/** One figure of each contestant in every round, the order turned from round to round. */
async function measure(workload, contestants, count, run) {
  const figures = new Map(contestants.map((contestant) => [contestant, []]));
  for (let round = -1; round < count; round++) {
    const turn = Math.max(0, round) % contestants.length;
    for (const contestant of [...contestants.slice(turn), ...contestants.slice(0, turn)]) {
      const ms = await run(contestant, round);
      // The first round warms up.
      if (round >= 0) figures.get(contestant).push(ms);
    }
  }
  record(workload, new Map([...figures].map(([contestant, all]) => [contestant, median(all)])), 'ms');
}

function record(workload, figures, unit) {
  results.push({ workload, figures, unit });
  console.log(workload, Object.fromEntries([...figures].map(([name, value]) => [name, `${value.toFixed(1)} ${unit}`])));
}

try {
  const context = await launch();
  console.log(`Chromium ${context.browser()?.version() ?? ''}, ${cpus().length} cores`);
  const pages = new Map();
  const readers = new Map();
  for (const contestant of [...relaxed, ...strict]) pages.set(contestant, await openPage(context, contestant));
  for (const workload of ['single appends', 'concurrent appends', 'appends of 100', 'one append of 10,000'].filter(wanted)) {
    const run = (contestant) => pages.get(contestant).evaluate((name) => bench.write(name), workload);
    await measure(workload, relaxed, rounds, run);
    if (!workload.includes('0')) await measure(`${workload}, strict`, strict, rounds, run);
  }
  if (['load a stream of 1,000', 'replay', '200 random streams', 'bytes on disk per event', 'open and load', 'first load'].some((name) => wanted(name))) {
    // Origins of their own: what the writes left behind would be counted and compacted with it.
    for (const contestant of relaxed) {
      const page = await openPage(context, `${contestant}-reads`);
      await page.evaluate((total) => bench.fill('filled', total), TOTAL);
      await page.evaluate(() => bench.use('filled'));
      readers.set(contestant, page);
    }
    for (const workload of ['load a stream of 1,000', 'replay', '200 random streams'].filter(wanted)) {
      await measure(workload, relaxed, rounds * 2, (contestant) =>
        readers.get(contestant).evaluate(([name, total]) => bench.read(name, total), [workload, TOTAL]),
      );
    }
  }
  for (const what of ['tab to tab'].filter(wanted)) {
    const latencies = new Map(inTabs.map((contestant) => [contestant, []]));
    for (let round = 0; round < rounds; round++) {
      for (const contestant of inTabs) {
        const name = `tabs-${round}`;
        const [writer, reader] = [await openPage(context, contestant), await openPage(context, contestant)];
        await reader.evaluate((database) => bench.follow(database), name);
        latencies.get(contestant).push(...(await writer.evaluate((database) => bench.appendAndWait(database, 100), name)));
        await Promise.all([writer.close(), reader.close()]);
      }
    }
    record(`${what}, p50`, new Map([...latencies].map(([name, all]) => [name, percentile(all, 50)])), 'ms');
    record(`${what}, p99`, new Map([...latencies].map(([name, all]) => [name, percentile(all, 99)])), 'ms');
  }
  if (options.sqlite && wanted('second tab')) await measureSecondTab(context);
  await context.close();
  if (wanted('open and load') || wanted('bytes on disk per event')) await measureColdStart();
  if (wanted('first load')) await measureFirstLoad();
  if (options.growth) await measureGrowth();
  if (options.meaning) await measureMeaning();
} finally {
  await server.close();
  rmSync(profile, { recursive: true, force: true });
}
printTable(results);

/**
 * A browser started anew reads back LevelDB's write-ahead log, up to 4 MB, before it answers, and what lies on the disk
 * depends on the last compaction. Both are where the filling happened to end, so each round moves the log on by about a
 * megabyte: after a few rounds every contestant has been met in every state.
 */
async function measureColdStart() {
  const bytes = new Map(relaxed.map((contestant) => [contestant, []]));
  await measure('browser started anew: open and load a stream of 100', relaxed, Math.max(8, rounds), async (contestant, round) => {
    const onDisk = (all) => bytes.get(contestant).push(all / (TOTAL + (round + 1) * GROWN));
    if (!isSqlite(contestant)) onDisk(diskBytes(`${contestant}-reads`));
    const context = await launch();
    const page = await openPage(context, `${contestant}-reads`);
    const ms = await page.evaluate(() => bench.openAndLoad('filled'));
    if (isSqlite(contestant)) onDisk(await page.evaluate(() => bench.fileBytes()));
    await page.evaluate(([count, growing]) => bench.grow(count, growing), [GROWN, round + 1]);
    await context.close();
    return ms;
  });
  record('bytes on disk per event', new Map([...bytes].map(([contestant, all]) => [contestant, median(all)])), 'B');
}

/** In a store that is open and has read nothing yet. */
async function measureFirstLoad() {
  await measure('browser started anew: first load of a stream of 1,000', relaxed, Math.max(8, rounds), async (contestant) => {
    const context = await launch();
    const page = await openPage(context, `${contestant}-reads`);
    await page.evaluate(() => bench.use('filled'));
    const ms = await page.evaluate((total) => bench.read('load a stream of 1,000', total), TOTAL);
    await context.close();
    return ms;
  });
}

function isSqlite(contestant) {
  return contestant.startsWith('sql');
}

/** Awaited appends from the tab that has the file, and from another one, which goes through it. */
async function measureSecondTab(context) {
  const [owner, second] = [await openPage(context, 'sqlite-relaxed'), await openPage(context, 'sqlite-relaxed')];
  for (const page of [owner, second]) await page.evaluate(() => bench.use('second-tab'));
  const figures = new Map([[owner, []], [second, []]]);
  for (let round = -1; round < rounds; round++) {
    for (const page of round % 2 ? [owner, second] : [second, owner]) {
      const ms = await page.evaluate(() => bench.appendToUsed(1_000));
      if (round >= 0) figures.get(page).push(ms);
    }
  }
  const [fromOwner, fromSecond] = [owner, second].map((page) => median(figures.get(page)));
  console.log(`single appends on SQLite: ${fromOwner.toFixed(1)} ms from the tab that has the file, ${fromSecond.toFixed(1)} ms from a second tab: ${(fromSecond / fromOwner).toFixed(2)}`);
}

function diskBytes(contestant) {
  const folder = join(profile, 'Default', 'IndexedDB');
  const own = execFileSync('sh', ['-c', `du -sb "${folder}"/*${contestant}.* | awk '{ sum += $1 } END { print sum }'`]);
  return Number(own.toString().trim());
}

/** Typed events and snapshots: each figure beside the one that it adds to, or spares. */
async function measureMeaning() {
  const context = await launch();
  const page = await openPage(context, 'ermine-relaxed');
  const figures = await page.evaluate((count) => bench.measureMeaning(count), Math.max(10, rounds));
  await context.close();
  const ms = (name) => median(figures[name]);
  for (const name of Object.keys(figures)) {
    const base = name.startsWith('fold') ? 'fold 10,000 events' : 'load 10,000 events';
    console.log(`${name}: ${ms(name).toFixed(1)} ms, ${(ms(name) / ms(base)).toFixed(3)} of "${base}"`);
  }
}

/** The same work on a log of 5,000 and of 500,000 events: the cost must not grow. */
async function measureGrowth() {
  const sizes = [5_000, 500_000];
  const context = await launch();
  let page = await openPage(context, 'ermine-relaxed');
  for (const size of sizes) await page.evaluate((total) => bench.fill(`log-${total}`, total), size);
  const figures = { open: new Map(sizes.map((size) => [size, []])), append: new Map(sizes.map((size) => [size, []])) };
  for (let round = -1; round < Math.max(12, rounds); round++) {
    for (const size of round % 2 ? sizes : sizes.toReversed()) {
      const appending = await page.evaluate((total) => bench.appendTo(`log-${total}`, 200), size);
      await page.close();
      page = await openPage(context, 'ermine-relaxed');
      const opening = await page.evaluate((total) => bench.openAndLoad(`log-${total}`), size);
      if (round >= 0) {
        figures.append.get(size).push(appending);
        figures.open.get(size).push(opening);
      }
    }
  }
  await context.close();
  for (const [what, bySize] of Object.entries(figures)) {
    const [small, large] = sizes.map((size) => median(bySize.get(size)));
    console.log(`growth, ${what}: ${small.toFixed(1)} ms at 5,000 events, ${large.toFixed(1)} ms at 500,000: ${(large / small).toFixed(2)}`);
  }
}
