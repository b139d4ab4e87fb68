import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findBrowser } from './scripts/browsers.mjs';

// In Chromium's usual context, a private one, every read and write of a file goes through another process.
const profile = mkdtempSync(join(tmpdir(), 'ermine-vitest-'));
process.on('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 }));

const browserTests = 'src/**/*.browser.test.ts';
const postgresTests = 'src/**/*.postgres.test.ts';

/** One project per engine, so that each can be run, timed and counted alone. */
const inBrowser = (browser: 'chromium' | 'firefox') => ({
  // Found here and not during the run: a page reload for a newly found dependency loses test results.
  optimizeDeps: { include: ['fast-check', 'react', 'react-dom/client', 'rxjs', 'valibot'], exclude: ['@sqlite.org/sqlite-wasm'] },
  test: {
    name: browser,
    include: [browserTests],
    testTimeout: 30_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: findBrowser(browser) ?? {}, ...(browser === 'chromium' && { persistentContext: profile }) }),
      instances: [{ browser }],
    },
  },
});

export default defineConfig({
  test: {
    // Of two cores Vitest would use one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { test: { name: 'node', include: ['{src,demo}/**/*.test.ts'], exclude: [browserTests, postgresTests], testTimeout: 30_000 } },
      { test: { name: 'postgres', include: [postgresTests], globalSetup: 'scripts/postgres-setup.mjs', testTimeout: 60_000 } },
      { test: { name: 'examples', include: ['scripts/*.test.mjs'], testTimeout: 60_000 } },
      inBrowser('chromium'),
      inBrowser('firefox'),
    ],
  },
});
