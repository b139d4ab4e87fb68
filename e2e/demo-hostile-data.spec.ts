import { expect, test } from '@playwright/test';
import { importLines, openDesk, startOverEmpty } from './permit-desk.ts';

const HOSTILE = '<img src=x onerror="globalThis.broken = true">';

test('markup in an imported file is shown as the text that it is', async ({ page }) => {
  await openDesk(page);
  await startOverEmpty(page);
  const event = (type: string): string =>
    JSON.stringify({
      streamId: `Permit-${HOSTILE}`,
      type,
      data: { group: HOSTILE, case: { responsible: HOSTILE, department: HOSTILE, channel: HOSTILE, deadline: HOSTILE } },
      metadata: { userId: HOSTILE, correlationId: HOSTILE },
    });
  await importLines(page, [event(`first ${HOSTILE}`), event(`second ${HOSTILE}`), event(`first ${HOSTILE}`), event(`second ${HOSTILE}`)]);
  await expect(page.getByText('Imported 4 events.')).toBeVisible();

  await page.goto('/#/');
  await expect(page.locator('.case-label')).toHaveText(HOSTILE);
  await expect(page.locator('.case-facts')).toContainText(HOSTILE);
  await page.locator('.case-row').click();
  await expect(page.getByRole('heading', { name: HOSTILE })).toBeVisible();
  await expect(page.locator('.entry-step').first()).toHaveText(`second ${HOSTILE}`);
  await expect(page.locator('.entry-facts').first()).toContainText(HOSTILE);
  await page.getByLabel('You are').selectOption(HOSTILE);
  await page.getByLabel('Another step').selectOption(`first ${HOSTILE}`);
  await page.getByRole('button', { name: 'Add it' }).click();
  await expect(page.getByText(/^Done:/)).toContainText(HOSTILE);

  await expect(page.locator('img')).toHaveCount(0);
  expect(await page.evaluate(() => 'broken' in globalThis)).toBe(false);
});

test('an imported key that could pollute a prototype is refused by its line', async ({ page }) => {
  await openDesk(page);
  await startOverEmpty(page);
  await importLines(page, ['{"streamId":"Permit-1","type":"a","data":{}}', '{"streamId":"Permit-2","type":"a","data":{"__proto__":{"polluted":true}}}']);
  await expect(page.getByRole('alert')).toContainText('This file cannot be imported. Line 2 ');
  expect(await page.evaluate(() => 'polluted' in {})).toBe(false);
});

test('events with times that no calendar has are shown without one', async ({ page }) => {
  await openDesk(page);
  await startOverEmpty(page);
  await importLines(page, [{ timestamp: 9e15, streamId: 'Permit-1' }, { timestamp: -9e15, streamId: 'Permit-2' }].map((event) => JSON.stringify({ ...event, type: 'a', data: null })));
  await expect(page.getByText('Imported 2 events.')).toBeVisible();
  await page.goto('/#/');
  await expect(page.locator('.case-row')).toHaveCount(2);
  await page.locator('.case-row').first().click();
  await expect(page.locator('.entry')).toHaveCount(1);
});
