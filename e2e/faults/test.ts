import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type BrowserContext, type Page } from '@playwright/test';
import { Chromium } from './chromium.ts';

export { expect } from '@playwright/test';

interface Fixtures {
  /** A folder on the disk that ends with the test. */
  profile: string;
  /** Starts a browser on that profile; it ends with the test. */
  startBrowser: (...args: string[]) => Promise<Chromium>;
  /** A running browser on that profile. */
  browserProcess: Chromium;
  /** Opens a tab of that browser on the harness page. */
  openTab: (options?: TabOptions) => Promise<Page>;
}

export interface TabOptions {
  /** Runs in the tab before the page's own scripts. */
  readonly before?: () => void;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names from the pattern
  profile: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), 'ermine-faults-'));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  },
  startBrowser: async ({ profile }, use) => {
    const started: Chromium[] = [];
    await use(async (...args) => {
      const browser = await Chromium.start(profile, ...args);
      started.push(browser);
      return browser;
    });
    for (const browser of started) await browser.kill();
  },
  browserProcess: async ({ startBrowser }, use) => {
    await use(await startBrowser());
  },
  openTab: async ({ browserProcess, baseURL }, use) => {
    await use((options) => openTab(browserProcess, baseURL!, options));
  },
});

export async function openTab({ context }: Chromium, baseURL: string, options?: TabOptions): Promise<Page> {
  return openHarness(context, baseURL, options);
}

export async function openHarness(context: BrowserContext, baseURL: string, { before }: TabOptions = {}): Promise<Page> {
  const tab = await context.newPage();
  if (before) await tab.addInitScript(before);
  await tab.goto(baseURL);
  await tab.waitForFunction(() => 'harness' in globalThis, undefined, { polling: 10 });
  return tab;
}
