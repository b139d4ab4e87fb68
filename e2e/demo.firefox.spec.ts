// What every browser must do: the main path through the demo, and two tabs at work on one log.
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import {
  ALL_CASES,
  ALL_EVENTS,
  CASE,
  CASE_VERSION,
  actAs,
  addStep,
  done,
  openCase,
  openDesk,
  position,
  someoneWasFaster,
  stageCount,
  stepButtons,
  timeline,
} from './permit-desk.ts';
import { countCases, sampleEvents } from './sample-log.ts';

test('a clerk imports the log, finds a case, takes a step and looks back', async ({ page }) => {
  await openDesk(page);
  await expect(page.getByText(`${ALL_EVENTS} events imported`)).toBeVisible();
  await expect(position(page)).toHaveText(`Position ${ALL_EVENTS} of ${ALL_EVENTS}`);
  await expect(stageCount(page, 'All cases')).toHaveText(ALL_CASES);

  await page.getByRole('searchbox').fill(CASE);
  await page.getByRole('link', { name: new RegExp(CASE) }).click();
  await expect(page.getByRole('heading', { name: CASE })).toBeFocused();
  await expect.poll(() => timeline(page)).toHaveLength(CASE_VERSION);

  await actAs(page, 'Resource07');
  const step = stepButtons(page).first();
  const type = await step.locator('span').first().textContent();
  await step.click();
  await expect(done(page)).toBeVisible();
  await expect.poll(() => timeline(page).then((entries) => entries.at(-1))).toBe(`version 7: ${type}, Resource07`);
  await expect(position(page)).toHaveText('Position 8,578 of 8,578');

  await page.getByRole('slider', { name: 'Position of the log' }).fill('3000');
  await expect(page.getByText('You are looking at the past')).toBeVisible();
  await expect(stageCount(page, 'All cases')).toHaveText(String(countCases(sampleEvents.slice(0, 3000))));
  await page.getByRole('button', { name: 'Back to live' }).click();
  await expect(stageCount(page, 'All cases')).toHaveText(ALL_CASES);
});

test('what one tab does shows in the other without a reload', async ({ context }) => {
  const [here, there] = await twoTabs(context);
  await addStep(here, 'T16 Report reasons to hold request');
  await expect(done(here)).toBeVisible();

  await expect(there.getByText('1 new event since you looked')).toBeVisible();
  await expect(there.getByRole('list', { name: 'New events' })).toContainText('T16 Report reasons to hold request');
  await expect(position(there)).toHaveText('Position 8,578 of 8,578');
  await expect(stageCount(there, 'Report Y')).toHaveText('1');
});

test('the second of two tabs is told that someone was faster, and nothing is lost', async ({ context }) => {
  const [first, second] = await twoTabs(context);
  await addStep(first, 'T11 Create document X request unlicensed');
  await expect(done(first)).toBeVisible();
  await addStep(second, 'T16 Report reasons to hold request');

  await expect(someoneWasFaster(second)).toContainText('Your step “T16 Report reasons to hold request” was not applied');
  await expect(someoneWasFaster(second).getByRole('listitem')).toHaveText(/T11 Create document X request unlicensed, by Resource01/);
  await expect(second.getByRole('list', { name: 'New events' }).getByRole('listitem')).toHaveCount(1);
  await expect(position(second)).toHaveText('Position 8,578 of 8,578');

  await second.getByRole('button', { name: 'Take note' }).click();
  await expect(someoneWasFaster(second)).toBeHidden();
  // Now that it is known, the rules have their say: a case goes one way or the other.
  await addStep(second, 'T16 Report reasons to hold request');
  await expect(second.getByRole('alert')).toContainText('too late for that: document X for an unlicensed request is created already');
  await expect(position(second)).toHaveText('Position 8,578 of 8,578');
  await addStep(second, 'T12 Check document X request unlicensed');
  await expect(done(second)).toBeVisible();

  await expect(position(first)).toHaveText('Position 8,579 of 8,579');
  await first.getByRole('button', { name: 'Take note' }).click();
  await expect.poll(async () => (await timeline(first)).slice(CASE_VERSION)).toEqual([
    'version 7: T11 Create document X request unlicensed, Resource01',
    'version 8: T12 Check document X request unlicensed, Resource05',
  ]);
  await expect.poll(() => timeline(second)).toEqual(await timeline(first));
});

/** The same case in two tabs, with two people at them. */
async function twoTabs(context: BrowserContext): Promise<[Page, Page]> {
  const first = await context.newPage();
  await openDesk(first);
  await openCase(first);
  await actAs(first, 'Resource01');
  const second = await context.newPage();
  await openCase(second);
  await actAs(second, 'Resource05');
  return [first, second];
}
