import { defineConfig } from '@playwright/test';
import { findBrowser } from './scripts/browsers.mjs';

// Not the port of `npm start`, so that a demo left running is never taken for the one under test.
const demoPort = Number(process.env['ERMINE_E2E_PORT'] ?? 4273);
const faultsPort = 4283;
const demoURL = `http://localhost:${demoPort}`;
// An origin that is not the demo's.
const faultsURL = `http://faults.localhost:${faultsPort}`;
const harness = 'e2e/faults/harness';

// Starts its browsers itself, see e2e/faults/chromium.ts.
const faults = { testDir: 'e2e/faults' };
const faultsUse = { baseURL: faultsURL, screenshot: 'off', browserName: 'chromium', launchOptions: findBrowser('chromium') ?? {} } as const;

export default defineConfig<{ storage: 'indexeddb' | 'sqlite' }>({
  testDir: 'e2e',
  outputDir: 'test-results',
  // Two, because tests here open several tabs each and freeze, fill and kill browsers.
  workers: 2,
  // A retry would hide a race, and races are what these tests look for.
  retries: 0,
  timeout: 90_000,
  // Two pages that import the log and fold it at the same time need a while on two cores.
  expect: { timeout: 15_000 },
  use: { baseURL: demoURL, trace: 'off', screenshot: 'only-on-failure' },
  projects: [
    { name: 'chromium', testIgnore: ['faults/**', '**/*.firefox.spec.ts'], use: { browserName: 'chromium', launchOptions: findBrowser('chromium-headless-shell') ?? findBrowser('chromium') ?? {} } },
    // In Firefox only what says so: a file `*.firefox.spec.ts` or a test tagged @firefox.
    { name: 'firefox', grep: /@firefox|\.firefox\.spec\.ts/, use: { browserName: 'firefox', launchOptions: findBrowser('firefox') ?? {} } },
    { name: 'faults', ...faults, testIgnore: '**/*.sqlite.spec.ts', use: faultsUse },
    // On SQLite: a file `*.sqlite.spec.ts`, or a test tagged @sqlite.
    { name: 'faults-sqlite', ...faults, grep: /@sqlite|\.sqlite\.spec\.ts/, use: { ...faultsUse, storage: 'sqlite' } },
  ],
  webServer: [
    { command: `npm run demo -- --port ${demoPort}`, url: demoURL, reuseExistingServer: false, timeout: 120_000 },
    {
      command: `vite build ${harness} && vite preview ${harness} --host 127.0.0.1 --port ${faultsPort} --strictPort`,
      url: `http://127.0.0.1:${faultsPort}`,
      reuseExistingServer: false,
      timeout: 120_000,
    },
  ],
});
