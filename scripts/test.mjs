// Runs every check, goes on after one that fails, and ends with one line: `N passed, N failed`.
//   npm test                      everything
//   npm test -- node browsers     these steps only (those that read dist/ need `build` to have run)
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import process from 'node:process';
import { nodeWithSqlite } from './node-with-sqlite.mjs';

process.chdir(join(import.meta.dirname, '..'));
const reports = mkdtempSync(join(tmpdir(), 'ermine-test-'));
process.on('exit', () => rmSync(reports, { recursive: true }));

/** @typedef {{ passed: number, failed: number, failures?: string[] }} Counts */
/** @typedef {{ name: string, command: string[], env?: Record<string, string>, count?: () => Counts }} Step */

/** @param {string} file @returns {any} */
const readReport = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** @param {string | undefined} text */
const firstLine = (text = 'not run') => text.split('\n', 1)[0];

/** @param {any} suite of Playwright's report @returns {string[]} */
const failuresIn = ({ file, specs = [], suites = [] }) => [
  ...specs
    .filter((/** @type {any} */ { tests }) => tests.some((/** @type {any} */ { status }) => status !== 'expected'))
    .map((/** @type {any} */ { title, tests }) => `${file} › ${title}: ${firstLine(tests.flatMap((/** @type {any} */ { results }) => results).find((/** @type {any} */ { error }) => error)?.error.message)}`),
  ...suites.flatMap(failuresIn),
];

/** A skipped or a todo test is a check that was not made, so it counts as failed. @param {string} name @param {string[]} projects @returns {Step} */
function vitest(name, projects = [name]) {
  const file = join(reports, `${name}.json`);
  return {
    name,
    command: ['vitest', 'run', ...projects.flatMap((project) => ['--project', project]), '--allowOnly=false', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    count() {
      const { numTotalTests, numPassedTests, testResults } = readReport(file);
      const failures = testResults.flatMap((/** @type {any} */ { name: path, message, assertionResults }) => [
        ...(message ? [`${relative('.', path)}: ${firstLine(message)}`] : []),
        ...assertionResults
          .filter((/** @type {any} */ { status }) => status !== 'passed')
          .map((/** @type {any} */ { fullName, failureMessages }) => `${relative('.', path)} › ${fullName}: ${firstLine(failureMessages[0])}`),
      ]);
      return { passed: numPassedTests, failed: numTotalTests - numPassedTests, failures };
    },
  };
}

/** The tests of SQLite in Node, with `node:sqlite`. @returns {Step} */
function nodeSqlite() {
  const { command: [, ...args], ...step } = vitest('node-sqlite', ['node']);
  const files = ['node-sqlite-storage', 'query-database', 'export-file', 'sql-projections'];
  return { ...step, command: [nodeWithSqlite, 'node_modules/vitest/vitest.mjs', ...args, ...files] };
}

/** A flaky test is a failed one. @returns {Step} */
function playwright() {
  const file = join(reports, 'e2e.json');
  return {
    name: 'e2e',
    command: ['playwright', 'test', '--forbid-only', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_FILE: file },
    count() {
      const { stats: { expected, unexpected, flaky, skipped }, suites } = readReport(file);
      return { passed: expected, failed: unexpected + flaky + skipped, failures: suites.flatMap(failuresIn) };
    },
  };
}

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 2 ** 30;

/** In memory, where there is enough, browsers wait for no disk: what is tested there survives a page, not the power. @returns {Record<string, string>} */
function profilesInMemory() {
  if (!existsSync(MEMORY)) return {};
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize < ENOUGH_BYTES ? {} : { TMPDIR: MEMORY };
}

/** @type {Step[]} */
const steps = [
  { name: 'build', command: ['npm', 'run', 'build'] },
  { name: 'lint', command: ['oxlint', '--deny-warnings', '--report-unused-disable-directives'] },
  { name: 'types', command: ['tsc', '-p', '.'] },
  vitest('node'),
  nodeSqlite(),
  vitest('postgres'),
  // Side by side: neither keeps two cores busy.
  { ...vitest('browsers', ['chromium', 'firefox']), env: profilesInMemory() },
  vitest('examples'),
  { name: 'sizes', command: ['node', 'scripts/sizes.mjs'] },
  { name: 'publint', command: ['publint', '--strict'] },
  { name: 'attw', command: ['attw', '--pack', '.', '--profile', 'esm-only'] },
  playwright(),
];

const maxStepMinutes = 20;

/** @param {Step} step @returns {Promise<boolean>} */
function succeeds({ command: [program = '', ...args], env }) {
  const PATH = `${join(process.cwd(), 'node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  return new Promise((resolve) => {
    spawn(program, args, { stdio: 'inherit', env: { ...process.env, PATH, ...env }, timeout: maxStepMinutes * 60_000 })
      .on('error', (error) => resolve((console.error(error.message), false)))
      .on('exit', (code) => resolve(code === 0));
  });
}

/** What the runner reported; a runner that failed otherwise, or reported nothing, is one failure. @param {Step} step @returns {Promise<Counts>} */
async function run(step) {
  const ok = await succeeds(step);
  if (!step.count) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
  try {
    const counts = step.count();
    const silent = counts.failed === 0 && (!ok || counts.passed === 0);
    return silent ? { ...counts, failed: 1 } : counts;
  } catch {
    return { passed: 0, failed: 1 };
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) throw new Error(`No step ${unknown.join(', ')}. Steps: ${steps.map((step) => step.name).join(', ')}`);

const total = { passed: 0, failed: 0 };
/** @type {string[]} */
const lines = [];
/** @type {string[]} */
const failed = [];
for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  console.log(`\n=== ${step.name}`);
  const start = performance.now();
  const counts = await run(step);
  const line = `${step.name.padEnd(11)} ${counts.passed} passed, ${counts.failed} failed, ${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(`=== ${line}`);
  lines.push(line);
  total.passed += counts.passed;
  total.failed += counts.failed;
  failed.push(...(counts.failures ?? []));
}

if (failed.length > 0) console.log(`\nFailed:\n${failed.map((each) => `  ${each}`).join('\n')}`);
console.log(`\n${lines.join('\n')}\n\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
