import { defineConfig } from '@playwright/test';
import { findBrowser } from './scripts/browsers.mjs';

// Not the port of `npm start`, so that a demo left running is never taken for the one under test.
const port = Number(process.env['ERMINE_E2E_PORT'] ?? 4273);
const baseURL = `http://localhost:${port}`;

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Two, because tests here open several tabs each and freeze, fill and kill browsers.
  workers: 2,
  // A retry would hide a race, and races are what these tests look for.
  retries: 0,
  timeout: 60_000,
  use: { baseURL, trace: 'off', screenshot: 'only-on-failure' },
  projects: [
    { name: 'chromium', use: { browserName: 'chromium', launchOptions: findBrowser('chromium') ?? {} } },
    // In Firefox only what says so: a file `*.firefox.spec.ts` or a test tagged @firefox.
    { name: 'firefox', grep: /@firefox|\.firefox\.spec\.ts/, use: { browserName: 'firefox', launchOptions: findBrowser('firefox') ?? {} } },
  ],
  webServer: {
    command: `npm run demo -- --port ${port}`,
    url: baseURL,
    reuseExistingServer: false,
    timeout: 120_000,
  },
});
