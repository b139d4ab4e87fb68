import type { Page } from '@playwright/test';

const SLOW_BYTES_PER_SECOND = 60_000;

/** Makes the demo's log come in slowly (Chromium only), as long as it is not released. */
export async function slowDownload(page: Page): Promise<{ release(): Promise<void> }> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  const limit = async (downloadThroughput: number): Promise<void> => {
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput, uploadThroughput: -1 });
  };
  await page.route('**/permits.ndjson.gz', async (route) => {
    await limit(SLOW_BYTES_PER_SECOND);
    await route.continue();
  });
  return {
    async release() {
      await page.unroute('**/permits.ndjson.gz');
      await limit(-1);
    },
  };
}
