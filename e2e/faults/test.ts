import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, type BrowserContext, type Page } from '@playwright/test';
import { Chromium } from './chromium.ts';

export { expect } from '@playwright/test';

interface Options {
  /** Which storage the tabs open; a test tagged `@sqlite` runs on both. */
  storage: 'indexeddb' | 'sqlite';
  /** Whether the browser is the test's own from its start, and not one that others have used, with other origins. */
  ownBrowser: boolean;
}

interface WorkerFixtures {
  /** A browser on a profile of its own, for one test after the other. */
  sharedBrowser: Chromium;
}

interface Fixtures {
  /** The address of the harness page. */
  pageURL: string;
  /** A folder on the disk that ends with the test. */
  profile: string;
  /** Starts a browser on that profile; it ends with the test. */
  startBrowser: (...args: string[]) => Promise<Chromium>;
  /** A running browser: on that profile if it is the test's own. Its tabs are closed after the test. */
  browserProcess: Chromium;
  /** Opens a tab of that browser on the harness page. */
  openTab: (options?: TabOptions) => Promise<Page>;
}

export interface TabOptions {
  /** Runs in the tab before the page's own scripts. */
  readonly before?: () => void;
}

export const test = base.extend<Fixtures & Options, WorkerFixtures>({
  storage: ['indexeddb', { option: true }],
  ownBrowser: [false, { option: true }],
  // An origin for each test.
  baseURL: async ({ baseURL }, use, { testId }) => {
    await use(baseURL!.replace('//', `//test-${testId}.`));
  },
  pageURL: async ({ baseURL, storage }, use) => {
    await use(storage === 'sqlite' ? `${baseURL}/?storage=sqlite` : baseURL!);
  },
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
  sharedBrowser: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names from the pattern
    async ({}, use) => {
      const profile = await mkdtemp(join(tmpdir(), 'ermine-faults-'));
      const browser = await Chromium.start(profile);
      await use(browser);
      await browser.kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 10 });
    },
    { scope: 'worker' },
  ],
  browserProcess: async ({ ownBrowser, startBrowser, sharedBrowser }, use) => {
    if (ownBrowser) return use(await startBrowser());
    await use(sharedBrowser);
    await sharedBrowser.closeTabs();
  },
  openTab: async ({ browserProcess, pageURL }, use) => {
    await use((options) => openTab(browserProcess, pageURL, options));
  },
});

export async function openTab({ context }: Chromium, pageURL: string, options?: TabOptions): Promise<Page> {
  return openHarness(context, pageURL, options);
}

export async function openHarness(context: BrowserContext, pageURL: string, { before }: TabOptions = {}): Promise<Page> {
  const tab = await context.newPage();
  if (before) await tab.addInitScript(before);
  await tab.goto(pageURL);
  await tab.waitForFunction(() => 'harness' in globalThis, undefined, { polling: 10 });
  return tab;
}

/** Runs on both storages. */
export const ON_BOTH = { tag: '@sqlite' };

/** For a tab that sends no hints and hears none; whatever else goes through channels goes. */
export function withoutHints(): void {
  const { postMessage } = BroadcastChannel.prototype;
  const isHint = ({ name }: BroadcastChannel): boolean => name.startsWith('ermine:');
  BroadcastChannel.prototype.postMessage = function (message) {
    if (!isHint(this)) postMessage.call(this, message);
  };
  const onmessage = Object.getOwnPropertyDescriptor(BroadcastChannel.prototype, 'onmessage')!;
  Object.defineProperty(BroadcastChannel.prototype, 'onmessage', {
    ...onmessage,
    set(this: BroadcastChannel, listener: unknown) {
      if (!isHint(this)) onmessage.set!.call(this, listener);
    },
  });
}
