import { expect, test, type Page } from '@playwright/test';
import { ALL_CASES, ALL_EVENTS, CASE, addStep, done, openCase, openDesk, stageCount, startOverEmpty } from './permit-desk.ts';

const TITLES = ['Cases', 'Board', 'Weeks'];
const card = (page: Page, title: string) => page.getByRole('region', { name: title, exact: true });

async function openReadModels(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Read models' }).click();
  for (const title of TITLES) await expect(card(page, title)).toContainText('StateUp to date');
}

test('the page of read models shows their position and lag, live from another tab', async ({ context }) => {
  const [page, other] = [await context.newPage(), await context.newPage()];
  await openDesk(page);
  await openReadModels(page);
  for (const title of TITLES) await expect(card(page, title)).toContainText(`Position${ALL_EVENTS} of ${ALL_EVENTS}Behind by0 events`);
  await openCase(other);
  await addStep(other, 'T16 Report reasons to hold request');
  await expect(done(other)).toBeVisible();
  for (const title of TITLES) await expect(card(page, title)).toContainText('Position8,578 of 8,578Behind by0 events');
});

test('a rebuild shows its progress and ends with the same board', async ({ page }) => {
  await openDesk(page);
  await openReadModels(page);
  for (const title of TITLES) await expect(card(page, title)).toContainText(`Position${ALL_EVENTS} of ${ALL_EVENTS}`);
  await page.getByRole('link', { name: 'Desk', exact: true }).click();
  await expect(page.locator('.stage-count').first()).toHaveText(ALL_CASES);
  const before = await page.locator('.stage-count').allTextContents();
  await openReadModels(page);
  await page.evaluate(() => {
    const seen: number[] = Object.assign(globalThis, { progressSeen: [] as number[] }).progressSeen;
    new MutationObserver(() => document.querySelectorAll<HTMLProgressElement>('.rebuild progress').forEach(({ value }) => seen.push(value))).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
  for (const title of TITLES) {
    await card(page, title).getByRole('button', { name: 'Rebuild' }).click();
    await expect(card(page, title)).toContainText(/Rebuilt in [\d.]+ s\./, { timeout: 30_000 });
    await expect(card(page, title)).toContainText('StateUp to date');
  }
  const seen = await page.evaluate(() => (globalThis as unknown as { progressSeen: number[] }).progressSeen);
  expect(seen.length).toBeGreaterThan(0);
  await page.getByRole('link', { name: 'Desk', exact: true }).click();
  await expect.poll(() => page.locator('.stage-count').allTextContents()).toEqual(before);
});

test('paused, the board stands still in every tab, and catches up when it is resumed', async ({ context }) => {
  const [page, other] = [await context.newPage(), await context.newPage()];
  await openDesk(page);
  await openDesk(other);
  const received = await stageCount(page, 'Report Y').textContent();
  await openReadModels(page);
  await card(page, 'Board').getByRole('button', { name: 'Pause' }).click();
  await expect(card(page, 'Board')).toContainText('StatePaused');
  await openCase(other);
  await addStep(other, 'T16 Report reasons to hold request');
  await expect(done(other)).toBeVisible();
  await expect(card(page, 'Board')).toContainText('Behind by1 event');
  await expect(card(page, 'Cases')).toContainText('Behind by0 events');
  await other.getByRole('link', { name: 'All cases' }).click();
  await expect(other.locator('.case-row').first()).toContainText(CASE);
  await expect(stageCount(other, 'Report Y')).toHaveText(received!);
  await card(page, 'Board').getByRole('button', { name: 'Resume' }).click();
  await expect(card(page, 'Board')).toContainText('Position8,578 of 8,578');
  await expect(stageCount(other, 'Report Y')).toHaveText(String(Number(received) + 1));
});

test('an empty log has read models too, and nothing of them is wider than a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openDesk(page);
  await startOverEmpty(page);
  await openReadModels(page);
  for (const title of TITLES) await expect(card(page, title)).toContainText('Position0 of 0');
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);
});
