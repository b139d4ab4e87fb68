// Makes a fresh clone ready. Node only, as it runs before anything is installed.
//   node scripts/setup.mjs              the dependencies
//   node scripts/setup.mjs --browsers   and a Chromium, a Firefox, a PostgreSQL server and a Node with SQLite for the tests
//   node scripts/setup.mjs bench        and the dependencies of that folder
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findBrowser } from './browsers.mjs';
import { nodePackage } from './node-with-sqlite.mjs';
import { findPostgres } from './postgres-server.mjs';

process.chdir(join(import.meta.dirname, '..'));

/** @param {string} command @param {string[]} args @param {string} [cwd] @returns {Promise<boolean>} */
function run(command, args, cwd = '.') {
  console.log(`> ${command} ${args.join(' ')}${cwd === '.' ? '' : ` (in ${cwd})`}`);
  return new Promise((resolve) => {
    spawn(command, args, { cwd, stdio: 'inherit' })
      .on('error', () => resolve(false))
      .on('exit', (code) => resolve(code === 0));
  });
}

/** The lockfile's hash is kept in node_modules: a checkout changes file times, not contents. @param {string} folder */
async function installDependencies(folder) {
  const stamp = join(folder, 'node_modules', '.lockfile-hash');
  const hash = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  // NODE_ENV=production would leave the build tools out.
  if (!(await run('npm', ['ci', '--include=dev'], folder))) throw new Error(`npm ci failed in ${folder}`);
  writeFileSync(stamp, hash);
}

const isRoot = process.getuid?.() === 0;
const isDebian = existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

/** @param {string[]} packages */
async function aptInstall(packages) {
  const [command, before] = isRoot ? ['apt-get', []] : ['sudo', ['-n', 'apt-get']];
  return (await run(command, [...before, 'update'])) && run(command, [...before, 'install', '--yes', '--no-install-recommends', ...packages]);
}

/** @type {Readonly<Record<import('./browsers.mjs').BrowserName, string>>} */
const browserPackages = { chromium: 'chromium', 'chromium-headless-shell': 'chromium-headless-shell', firefox: 'firefox-esr' };

/** What Debian has, while the dependencies are installed. What is missing then is looked for elsewhere. */
async function installSystemPackages() {
  if (!isRoot || !isDebian) return;
  const names = /** @type {const} */ (['chromium', 'chromium-headless-shell', 'firefox']);
  const packages = names.filter((name) => !findBrowser(name)).map((name) => browserPackages[name]);
  if (!findPostgres()) packages.push('postgresql');
  if (packages.length > 0) await aptInstall(packages);
}

function missingBrowsers() {
  return /** @type {const} */ (['chromium', 'firefox']).filter((name) => !findBrowser(name));
}

async function installBrowsers() {
  if (missingBrowsers().length === 0) return;
  // Playwright's own builds first: they need no rights, only their system libraries do.
  const playwright = 'node_modules/.bin/playwright';
  const downloaded = await run(playwright, ['install', ...missingBrowsers()]);
  if (downloaded && isRoot && missingBrowsers().length > 0) await run(playwright, ['install-deps', ...missingBrowsers()]);
  if (missingBrowsers().length === 0) return;

  await aptInstall(missingBrowsers().map((name) => browserPackages[name]));
  const missing = missingBrowsers();
  if (missing.length > 0) throw new Error(`The tests need ${missing.join(' and ')}: install it and run again.`);
}

async function installPostgres() {
  if (findPostgres()) return;
  if (process.platform === 'linux') await aptInstall(['postgresql']);
  if (!findPostgres()) throw new Error('The tests need a PostgreSQL server, version 13 or newer: install one, put `initdb` and `postgres` on the PATH, and run again.');
}

const args = process.argv.slice(2);
const forTests = args.includes('--browsers');
const folders = ['.', ...args.filter((arg) => !arg.startsWith('--')), ...(forTests && nodePackage ? [nodePackage] : [])];
await Promise.all([...folders.map(installDependencies), ...(forTests ? [installSystemPackages()] : [])]);
if (forTests) {
  await installBrowsers();
  await installPostgres();
}
