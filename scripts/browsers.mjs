// Which Chromium and Firefox the tests run in: one that the system has, else Playwright's own download.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import process from 'node:process';

/** @typedef {'chromium' | 'chromium-headless-shell' | 'firefox'} BrowserName */

const systemNames = {
  // Chromium without the parts that draw windows, which take most of its time; what Playwright's own download is as well.
  'chromium-headless-shell': ['chromium-headless-shell'],
  chromium: ['chromium', 'google-chrome', 'google-chrome-stable', 'chromium-browser'],
  firefox: ['firefox-esr', 'firefox'],
};

/** Asking for the version tells a browser from a stub (Ubuntu's snap wrappers) or one with missing libraries. @param {string} path */
const runs = (path) => existsSync(path) && spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;

/** @param {BrowserName} name */
function systemBrowser(name) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return systemNames[name].flatMap((file) => folders.map((folder) => join(folder, file))).find(runs);
}

/** Undefined as well when Playwright itself is not installed yet. @param {BrowserName} name */
function playwrightBrowser(name) {
  try {
    const path = createRequire(import.meta.url)('playwright')[name]?.executablePath();
    return path && runs(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

const chromiumArgs = ['--disable-background-networking', '--disable-quic', '--no-first-run', '--disable-component-update', '--disable-sync'];

/**
 * Playwright's launch options for a browser of this machine, undefined when there is none.
 * @param {BrowserName} name
 * @returns {{ executablePath?: string, channel?: string, chromiumSandbox?: boolean, args?: string[] } | undefined}
 */
export function findBrowser(name) {
  const executablePath = systemBrowser(name);
  if (executablePath === undefined && playwrightBrowser(name) === undefined) return undefined;
  // The sandbox refuses to start as root, and in most containers.
  if (name !== 'firefox') return { ...(executablePath && { executablePath }), chromiumSandbox: false, args: chromiumArgs };
  // Playwright drives its own Firefox by a patch, and a stock one, which has no patch, by WebDriver BiDi.
  return executablePath ? { executablePath, channel: 'moz-firefox' } : {};
}
