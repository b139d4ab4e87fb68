import { expect, test } from '@playwright/test';
import { actAs, addStep, done, openCase, openDesk, position, timeline } from './permit-desk.ts';

/** Received, checked, and weighed; no confirmation is sent, nothing is settled. */
const OPEN_CASE = 'case-9894';

test('a step against the rules is refused in words and writes nothing, and the next one goes through', async ({ page }) => {
  await openDesk(page);
  await openCase(page, OPEN_CASE);
  await actAs(page, 'Resource07');
  const against = page.locator('optgroup[label="Against the rules now"] option');
  await expect(against.filter({ hasText: 'T11' })).toHaveCount(1);
  await expect(against.filter({ hasText: 'T05' })).toHaveCount(0);

  await addStep(page, 'T11 Create document X request unlicensed');
  const refusal = page.getByRole('alert');
  await expect(refusal).toContainText('“T11 Create document X request unlicensed” is not possible now.');
  await expect(refusal).toContainText('too early for that: first, it is settled whether the request must be stopped (T10)');
  await expect(position(page)).toHaveText('Position 8,577 of 8,577');
  await expect.poll(() => timeline(page)).toHaveLength(3);

  await addStep(page, 'T10 Determine necessity to stop indication');
  await expect(done(page)).toBeVisible();
  await expect(refusal).toBeHidden();
  await expect(against.filter({ hasText: 'T11' })).toHaveCount(0);
  await addStep(page, 'T11 Create document X request unlicensed');
  await expect(done(page)).toContainText('is event 5 of this case');
});

test('an address that names no case is answered in words', async ({ page }) => {
  await openDesk(page);
  for (const name of ['Permit-nothing', 'nothing', '-']) {
    await page.goto(`/#/case/${name}`);
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
    await expect(page.getByText('There is no case of this name.')).toBeVisible();
  }
});
