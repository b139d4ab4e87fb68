// Makes a fresh clone ready. Node only, as it runs before anything is installed.
//   node scripts/setup.mjs              the dependencies
//   node scripts/setup.mjs --browsers   and a Chromium, a Firefox, a PostgreSQL server and a Node with SQLite for the tests
//   node scripts/setup.mjs bench        and the dependencies of that folder
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findBrowser } from './browsers.mjs';
import { nodePackage } from './node-with-sqlite.mjs';
import { findPostgres } from './postgres-server.mjs';

process.chdir(join(import.meta.dirname, '..'));

/** @param {string} command @param {string[]} args @param {string} [cwd] */
function run(command, args, cwd = '.') {
  console.log(`> ${command} ${args.join(' ')}${cwd === '.' ? '' : ` (in ${cwd})`}`);
  return spawnSync(command, args, { cwd, stdio: 'inherit' }).status === 0;
}

/** The lockfile's hash is kept in node_modules: a checkout changes file times, not contents. @param {string} folder */
function installDependencies(folder) {
  const stamp = join(folder, 'node_modules', '.lockfile-hash');
  const hash = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  // NODE_ENV=production would leave the build tools out.
  if (!run('npm', ['ci', '--include=dev'], folder)) throw new Error(`npm ci failed in ${folder}`);
  writeFileSync(stamp, hash);
}

function missingBrowsers() {
  return /** @type {const} */ (['chromium', 'firefox']).filter((name) => !findBrowser(name));
}

const isRoot = process.getuid?.() === 0;

/** @param {string[]} args */
const aptGet = (...args) => (isRoot ? run('apt-get', args) : run('sudo', ['-n', 'apt-get', ...args]));

function installBrowsers() {
  if (missingBrowsers().length === 0) return;
  // Playwright's own builds first: they need no rights, only their system libraries do.
  const playwright = 'node_modules/.bin/playwright';
  const downloaded = run(playwright, ['install', ...missingBrowsers()]);
  if (downloaded && isRoot && missingBrowsers().length > 0) run(playwright, ['install-deps', ...missingBrowsers()]);
  if (missingBrowsers().length === 0) return;

  aptGet('update');
  aptGet('install', '--yes', '--no-install-recommends', ...missingBrowsers().map((name) => ({ chromium: 'chromium', firefox: 'firefox-esr' })[name]));

  const missing = missingBrowsers();
  if (missing.length > 0) throw new Error(`The tests need ${missing.join(' and ')}: install it and run again.`);
}

/** Beside a Chromium of the system: the tests are quicker with it, and do without. */
function installHeadlessShell() {
  if (!isRoot || !findBrowser('chromium')?.executablePath || findBrowser('chromium-headless-shell')) return;
  aptGet('update');
  aptGet('install', '--yes', '--no-install-recommends', 'chromium-headless-shell');
}

function installPostgres() {
  if (findPostgres()) return;
  if (process.platform === 'linux') {
    aptGet('update');
    aptGet('install', '--yes', '--no-install-recommends', 'postgresql');
  }
  if (!findPostgres()) throw new Error('The tests need a PostgreSQL server, version 13 or newer: install one, put `initdb` and `postgres` on the PATH, and run again.');
}

const args = process.argv.slice(2);
for (const folder of ['.', ...args.filter((arg) => !arg.startsWith('--'))]) installDependencies(folder);
if (args.includes('--browsers')) {
  if (nodePackage) installDependencies(nodePackage);
  installBrowsers();
  installHeadlessShell();
  installPostgres();
}
