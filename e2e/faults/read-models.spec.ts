import type { Page } from '@playwright/test';
import { expect, openTab, test } from './test.ts';

const KILLS = 4;

const statusOf = (tab: Page) => tab.evaluate(() => harness.statusOf(harness.models!.cards));

/** Says on the console how far the read models are, so that this process knows without asking. */
const report = (tab: Page) => tab.evaluate(() => void harness.models!.cards.status$.subscribe(({ position }) => console.log(position)));

test('25 a projection that throws stands before the event, also after a crash, and applies it once when it is mended', async ({ startBrowser, baseURL }) => {
  const killed = await startBrowser();
  const before = await openTab(killed, baseURL!);
  await before.evaluate(() => harness.open());
  await before.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Order-1', size: 5, count: 4 })]!.done);
  await before.evaluate(() => harness.runReadModels(7));
  await expect.poll(() => statusOf(before)).toMatchObject({ state: 'failed', position: 6, lag: 14, failed: { globalPosition: 7, type: 'Part', streamId: 'Order-1' } });
  expect((await statusOf(before)).message).toContain('Not mended yet.');
  // The other one goes on.
  await before.evaluate(() => harness.models!.fold.waitFor(20));
  await killed.kill();

  const after = await openTab(await startBrowser(), baseURL!);
  await after.evaluate(() => harness.open());
  expect(await after.evaluate(() => harness.auditReadModels())).toEqual({ folded: 20, carded: 6, problems: [] });
  await after.evaluate(() => harness.runReadModels(7));
  await expect.poll(() => statusOf(after)).toMatchObject({ state: 'failed', position: 6 });
  await after.evaluate(async () => {
    Object.assign(globalThis, { mended: true });
    await harness.models!.cards.retry();
    await harness.models!.cards.waitFor(20);
  });
  expect(await after.evaluate(() => harness.auditReadModels())).toEqual({ folded: 20, carded: 20, problems: [] });
  expect(await statusOf(after)).toMatchObject({ state: 'live', lag: 0 });
});

test('26 a browser killed again and again while projections write leaves each read model exactly as of its checkpoint, and the next one goes on from there', async ({ startBrowser, baseURL }) => {
  test.setTimeout(120_000);
  const originOf = (round: number) => baseURL!.replace('//', `//models-${round}.`);
  let interrupted = 0;
  for (let round = 0; ; round++) {
    const browser = await startBrowser();
    if (round > 0) {
      const tab = await openTab(browser, originOf(round - 1));
      const found = await tab.evaluate(() => harness.auditReadModels());
      expect(found.problems).toEqual([]);
      await tab.evaluate(() => harness.open());
      const { position } = await tab.evaluate(() => harness.store.head());
      if (found.carded < position || found.folded < position) interrupted++;
      await tab.evaluate(() => harness.runReadModels());
      await tab.evaluate((position) => Promise.all([harness.models!.fold.waitFor(position), harness.models!.cards.waitFor(position)]), position);
      expect(await tab.evaluate(() => harness.auditReadModels())).toEqual({ folded: position, carded: position, problems: [] });
    }
    if (round === KILLS) break;
    const [writer, one, other] = await Promise.all([openTab(browser, originOf(round)), openTab(browser, originOf(round)), openTab(browser, originOf(round))]);
    for (const tab of [writer, one, other]) await tab.evaluate(() => harness.open({ durability: 'relaxed' }));
    for (const tab of [one, other]) await tab.evaluate(() => harness.runReadModels());
    // Each round is killed at another moment.
    const reached = new Promise<void>((resolve) => one.on('console', (message) => Number(message.text()) > 40 + 60 * round && resolve()));
    await report(one);
    await writer.evaluate(() => void harness.startAppending({ stream: 'Order-1', size: 3, concurrency: 4 }));
    await reached;
    await browser.kill();
  }
  // Otherwise nothing was put to the test.
  expect(interrupted).toBeGreaterThan(0);
});

test('26 when the tab that runs projections is closed or crashes, another one goes on without losing or doubling an event', async ({ openTab, browserProcess }) => {
  const [writer, first, second, third] = [await openTab(), await openTab(), await openTab(), await openTab()];
  for (const tab of [writer, first, second, third]) await tab.evaluate(() => harness.open());
  for (const tab of [first, second, third]) await tab.evaluate(() => harness.runReadModels());
  await writer.evaluate(() => void harness.startAppending({ stream: 'Order-1', size: 2 }));
  const beyond = async (tab: Page, count: number) => {
    const { position } = await statusOf(tab);
    await tab.evaluate((to) => Promise.all([harness.models!.cards.waitFor(to), harness.models!.fold.waitFor(to)]), position + count);
  };
  await beyond(third, 20);
  await first.close();
  await beyond(third, 20);
  const session = await browserProcess.context.newCDPSession(second);
  const crashed = second.waitForEvent('crash');
  // Who is to answer this is gone by then.
  void session.send('Page.crash').catch(() => undefined);
  await crashed;
  await beyond(third, 20);
  await writer.evaluate(() => harness.appenders[0]!.stop());
  const { position } = await third.evaluate(() => harness.store.head());
  await third.evaluate((to) => Promise.all([harness.models!.cards.waitFor(to), harness.models!.fold.waitFor(to)]), position);
  expect(await third.evaluate(() => harness.auditReadModels())).toEqual({ folded: position, carded: position, problems: [] });
});

test('9 when site data is cleared under a projection, its status and whoever waits say that the epoch has changed', async ({ openTab, browserProcess }) => {
  const tab = await openTab();
  await tab.evaluate(() => harness.open());
  await tab.evaluate(() => harness.runReadModels());
  await tab.evaluate(() => harness.appenders[harness.startAppending({ stream: 'Order-1', size: 3, count: 2 })]!.done);
  await tab.evaluate(() => harness.models!.cards.waitFor(6));
  const waiting = tab.evaluate(() => harness.outcome(harness.models!.cards.waitFor(1_000)));
  const session = await browserProcess.context.newCDPSession(tab);
  await session.send('Storage.clearDataForOrigin', { origin: new URL(tab.url()).origin, storageTypes: 'indexeddb' });
  expect(await waiting).toMatchObject({ error: { code: 'EPOCH_CHANGED' } });
  await expect.poll(() => statusOf(tab)).toMatchObject({ state: 'ended' });
  expect((await statusOf(tab)).message).toContain('cleared or replaced');
});
