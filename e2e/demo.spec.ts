import { expect, test, type Page } from '@playwright/test';
import {
  ALL_CASES,
  ALL_EVENTS,
  CASE,
  addStep,
  done,
  openCase,
  openDesk,
  position,
  stageCount,
  stepButtons,
} from './permit-desk.ts';
import { countCases, sampleEvents, type SampleEvent } from './sample-log.ts';

test('cases are found by id, responsible, department and channel', async ({ page }) => {
  await openDesk(page);
  const search = page.getByRole('searchbox');
  const casesWhere = (matches: (details: NonNullable<SampleEvent['data']['case']>) => boolean): string =>
    sampleEvents.filter(({ data }) => data.case && matches(data.case)).length.toLocaleString('en-GB');

  await search.fill('891');
  const ids = new Set(sampleEvents.map(({ streamId }) => streamId.id).filter((id) => id.includes('891')));
  await expect(page.getByText(`${ids.size} cases found`)).toBeVisible();
  await search.fill('resource26');
  await expect(page.getByText(`${casesWhere(({ responsible }) => responsible === 'Resource26')} cases found`)).toBeVisible();
  await search.fill('experts');
  await expect(page.getByText(`${casesWhere(({ department }) => department === 'Experts')} cases found`)).toBeVisible();
  await search.fill('internet general');
  await expect(page.getByText(`${casesWhere(({ channel, department }) => channel === 'Internet' && department === 'General')} cases found`)).toBeVisible();
  await search.fill('nobody has this');
  await expect(page.getByText('No case matches')).toBeVisible();
});

test('the list is narrowed to a stage, also after a reload, and paged', async ({ page }) => {
  await openDesk(page);
  const received = countUntouched(sampleEvents);
  await expect(stageCount(page, 'Received')).toHaveText(String(received));
  await page.getByRole('button', { name: /^Received/ }).click();
  await expect(page.getByText(`${received} cases found`)).toBeVisible();
  const pager = page.getByRole('navigation', { name: 'Pages of cases' });
  await expect(pager).toContainText(`1–25 of ${received}`);
  await pager.getByRole('button', { name: 'Next' }).click();
  await expect(pager).toContainText(`26–50 of ${received}`);
  await expect(page.locator('.case-row')).toHaveCount(25);
  await expect(page.getByRole('list', { name: `Cases 26–50 of ${received}` })).toBeFocused();
  await page.reload();
  await expect(page.getByText(`${received} cases found`)).toBeVisible();
});

test('the slider shows the desk as it stood, without a way to change the past', async ({ context }) => {
  const page = await context.newPage();
  await openDesk(page);
  const slider = page.getByRole('slider', { name: 'Position of the log' });
  for (const at of [1, 511, 512, 513, 4321, 8576]) {
    await slider.fill(String(at));
    const past = sampleEvents.slice(0, at);
    await expect(position(page)).toHaveText(`Position ${at.toLocaleString('en-GB')} of ${ALL_EVENTS}`);
    await expect(stageCount(page, 'All cases')).toHaveText(countCases(past).toLocaleString('en-GB'));
    await expect(stageCount(page, 'Received')).toHaveText(String(countUntouched(past)));
  }
  await slider.fill('4321');
  await expect(page.getByRole('region', { name: 'History of the log' })).toContainText(clock(sampleEvents[4320]!.timestamp));

  // A case as it was then: its first event is the last that had happened.
  const id = sampleEvents[4320]!.streamId.id;
  const known = sampleEvents.slice(0, 4321).filter(({ streamId }) => streamId.id === id);
  await page.getByRole('link', { name: new RegExp(id) }).click();
  await expect(page.locator('.entry')).toHaveCount(known.length);
  for (const button of await stepButtons(page).all()) await expect(button).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Add it' })).toBeDisabled();
  await page.getByRole('button', { name: 'One event back' }).click();
  await expect(position(page)).toHaveText(`Position 4,320 of ${ALL_EVENTS}`);

  // The past stays where it is while the log goes on.
  const other = await context.newPage();
  await openCase(other);
  await addStep(other, 'T16 Report reasons to hold request');
  await expect(position(page)).toHaveText('Position 4,320 of 8,578');

  await page.getByRole('button', { name: 'Back to live' }).click();
  await expect(page.getByText('You are looking at the past')).toBeHidden();
  await expect(position(page)).toHaveText('Position 8,578 of 8,578');
  await expect(stageCount(page, 'All cases')).toHaveText(ALL_CASES);
});

test('the chart says how many events there were in every week', async ({ page }) => {
  await openDesk(page);
  const byMonday = countByMonday(sampleEvents);
  await page.getByText('All weeks as a table').click();
  const rows = await page.locator('.week-table tbody tr').evaluateAll((trs) => trs.map((tr) => [...tr.children].map((cell) => cell.textContent)));
  const withEvents = rows.filter(([, count]) => count !== '0');
  expect(withEvents).toEqual([...byMonday].map(([monday, count]) => [monday, String(count)]));

  const week = page.getByRole('slider', { name: 'Week' });
  await week.focus();
  await page.keyboard.press('Home');
  const [monday, count] = [...byMonday][0]!;
  await expect(page.getByTestId('week-value')).toHaveText(`Week of ${monday}: ${count} events`);
  await expect(week).toHaveAttribute('aria-valuetext', `Week of ${monday}: ${count} events`);
  await page.keyboard.press('End');
  const [lastMonday, lastCount] = [...byMonday].at(-1)!;
  await expect(page.getByTestId('week-value')).toHaveText(`Week of ${lastMonday}: ${lastCount} events`);

  const chart = page.getByRole('img', { name: 'Events a week' });
  await chart.hover({ position: { x: 1, y: 1 } });
  await expect(page.getByTestId('week-value')).toHaveText(`Week of ${monday}: ${count} events`);
});

test('the state of the storage is shown', async ({ page }) => {
  await openDesk(page);
  await page.getByRole('link', { name: 'Data' }).click();
  const health = page.getByTestId('health');
  await expect(health).toContainText('ConnectionOpen');
  await expect(health).toContainText('DurabilityStrict');
  await expect(health).toContainText(/Kept when space runs short(Yes|Not promised)/);
  await expect(health).toContainText(/[\d.]+ [kM]B of [\d.]+ [MGT]B/);
  await expect(health).toContainText(/Epoch of the log[0-9a-f]{8}-/);
  await expect(health).toContainText(`Events${ALL_EVENTS}`);
});

test('everything can be done with the keyboard alone', async ({ page }) => {
  await openDesk(page);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, 'searchbox', 'Search cases');
  await page.keyboard.type(CASE);
  await expect(page.getByText('1 case found')).toBeVisible();
  await tabTo(page, 'link', new RegExp(CASE));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: CASE })).toBeFocused();
  await tabTo(page, 'button', /of the time$/);
  await page.keyboard.press('Enter');
  await expect(done(page)).toBeVisible();
  await tabTo(page, 'link', 'All cases', 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: new RegExp(CASE) })).toBeFocused();
  await tabTo(page, 'slider', 'Position of the log', 'Shift+Tab');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByText('You are looking at the past')).toBeVisible();
  await tabTo(page, 'button', 'Back to live');
  await page.keyboard.press('Enter');
  await expect(page.getByText('You are looking at the past')).toBeHidden();
});

test('nothing is wider than a phone', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openDesk(page);
  const overflow = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(await overflow()).toBeLessThanOrEqual(0);
  await openCase(page);
  expect(await overflow()).toBeLessThanOrEqual(0);
  await page.goto('/#/data');
  await expect(page.getByTestId('health')).toContainText('Open');
  expect(await overflow()).toBeLessThanOrEqual(0);
});

test('a browser that refuses storage is told in words', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
  await page.goto('/');
  await expect(page.getByRole('alert')).toContainText('This browser does not let the page keep data');
  await expect(page.getByRole('button', { name: 'Reload the page' })).toBeVisible();
});

/** Cases of which nothing is known but that they came in. */
function countUntouched(events: readonly SampleEvent[]): number {
  const touched = new Set(events.filter(({ type }) => type !== 'Confirmation of receipt').map(({ streamId }) => streamId.id));
  return countCases(events) - touched.size;
}

/** Events by the Monday of their week, in words, in order. */
function countByMonday(events: readonly SampleEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { timestamp } of events) {
    const monday = new Date(timestamp);
    monday.setUTCHours(0, 0, 0, 0);
    while (monday.getUTCDay() !== 1) monday.setUTCDate(monday.getUTCDate() - 1);
    const words = monday.toLocaleDateString('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
    counts.set(words, (counts.get(words) ?? 0) + 1);
  }
  return counts;
}

function clock(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString('en-GB', { timeStyle: 'short', timeZone: 'Europe/Amsterdam' });
}

async function tabTo(page: Page, role: 'button' | 'link' | 'searchbox' | 'slider', name: string | RegExp, key = 'Tab'): Promise<void> {
  const target = page.getByRole(role, { name }).first();
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(key);
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${role} ${name} cannot be reached with ${key}`);
}
