import { expect, test } from '@playwright/test';

test('two devices book the same slot offline: one visit stands, the other one waits in a tray in plain words', async ({ page }) => {
  await page.goto('/devices.html');
  const [ada, ben] = [page.getByRole('region', { name: 'Ada’s device' }), page.getByRole('region', { name: 'Ben’s device' })];
  for (const device of [ada, ben]) await expect(device.getByRole('status')).toHaveText('Up to date.');
  const slot = 'Tue 9:00';
  for (const device of [ada, ben]) {
    await device.getByRole('checkbox', { name: 'Network' }).uncheck();
    const row = device.locator('.week').getByRole('listitem').filter({ hasText: slot });
    await row.getByRole('button', { name: 'Book' }).click();
    await expect(row).toContainText('not sent yet');
    await device.getByPlaceholder('A remark for everybody').fill('Bring boots');
    await device.getByRole('button', { name: 'Add' }).click();
    await expect(device.getByRole('status')).toContainText('2 changes wait to be sent');
    await expect(device.getByText('1 of 6 booked, 0 as far as the server knows')).toBeVisible();
  }
  for (const device of [ada, ben]) {
    await device.getByRole('checkbox', { name: 'Network' }).check();
    await expect(device.getByRole('status')).toHaveText('Up to date.');
  }
  const tray = ben.getByRole('complementary', { name: 'Tray' });
  await expect(tray).toContainText(`You booked ${slot} for`);
  await expect(tray).toContainText('somebody else changed this slot');
  await expect(ada.getByRole('complementary', { name: 'Tray' })).toHaveCount(0);
  for (const device of [ada, ben]) {
    await expect(device.locator('.week').getByRole('listitem').filter({ hasText: slot })).toContainText('(Ada)');
    await expect(device.getByText('Bring boots')).toHaveCount(2);
  }
  for (const device of [ada, ben]) await expect(device.getByText('1 of 6 booked', { exact: true })).toBeVisible();
  await tray.getByRole('button', { name: 'Let it be' }).click();
  await expect(tray).toHaveCount(0);

  await page.reload();
  for (const device of [ada, ben]) await expect(device.locator('.week').getByRole('listitem').filter({ hasText: slot })).toContainText('(Ada)');
});
