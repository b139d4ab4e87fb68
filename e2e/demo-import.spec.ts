import { expect, test, type Page } from '@playwright/test';
import { ALL_CASES, ALL_EVENTS, exportLog, importLines, openDesk, position, stageCount, startOverEmpty } from './permit-desk.ts';
import { sampleEvents } from './sample-log.ts';
import { slowDownload } from './slow-download.ts';

const total = sampleEvents.length;

test('the first open shows how the import goes on', async ({ page }) => {
  const download = await slowDownload(page);
  await page.goto('/');
  const bar = page.getByRole('progressbar', { name: 'Import of the permit log' });
  await expect.poll(() => bar.getAttribute('value').then(Number)).toBeGreaterThan(10);
  const first = Number(await bar.getAttribute('value'));
  await expect.poll(() => bar.getAttribute('value').then(Number)).toBeGreaterThan(first);
  expect(await importedSoFar(page)).toBeLessThan(total);
  await expect(page.getByTestId('import-rate')).toHaveText(/[1-9]/);
  await download.release();
  await expect(page.getByText(`${ALL_EVENTS} events imported`)).toBeVisible();
  await expect(stageCount(page, 'All cases')).toHaveText(ALL_CASES);
});

test('an import that a reload interrupted goes on at the next open, and repeats nothing', async ({ page }) => {
  const download = await slowDownload(page);
  await page.goto('/');
  await expect.poll(() => importedSoFar(page)).toBeGreaterThan(0);
  await download.release();
  await page.reload();
  await expect(page.getByText(/events imported, [\d,]+ were here already/)).toBeVisible();
  await expectTheWholeLog(page);
});

test('an import can be stopped, the desk used as it is, and the rest imported later', async ({ page }) => {
  const download = await slowDownload(page);
  await page.goto('/');
  await expect.poll(() => importedSoFar(page)).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Stop the import' }).click();
  await expect(page.getByText(/^Stopped after [\d,]+ events/)).toBeVisible();
  await download.release();
  await page.getByRole('button', { name: 'Use the desk as it is' }).click();
  await expect(page.getByText('The sample log is not all here yet')).toBeVisible();
  await expect(position(page)).not.toHaveText(new RegExp(ALL_EVENTS));
  await page.getByRole('button', { name: 'Go on with the import' }).click();
  await expectTheWholeLog(page);
});

test('two tabs that are opened at once import the log together', async ({ context }) => {
  const pages = [await context.newPage(), await context.newPage()];
  await Promise.all(pages.map(openDesk));
  for (const page of pages) await expect(position(page)).toHaveText(`Position ${ALL_EVENTS} of ${ALL_EVENTS}`);
  await expectTheWholeLog(pages[0]!);
});

for (const button of ['Export as text', 'Export packed (gzip)'] as const) {
  test(`what "${button}" wrote, an emptied desk imports as it was`, async ({ page }) => {
    await openDesk(page);
    const exported = await exportLog(page, button);
    expect(exported.events).toHaveLength(total);
    await expect(page.getByText(`Exported ${ALL_EVENTS} events.`)).toBeVisible();

    await startOverEmpty(page);
    await page.goto('/#/data');
    await page.getByLabel('File to import').setInputFiles(exported.path);
    await expect(page.getByText(`Imported ${ALL_EVENTS} events.`)).toBeVisible();
    const again = await exportLog(page);
    expect(again.events).toEqual(exported.events);
  });
}

test('a line that cannot be imported is named by its number, and nothing of its batch is written', async ({ page }) => {
  await openDesk(page);
  await startOverEmpty(page);
  const lines = sampleEvents.slice(0, 700).map((event) => JSON.stringify(event));
  await importLines(page, [...lines.slice(0, 600), '{"streamId": "Permit-1", "type": ', ...lines.slice(600)]);
  await expect(page.getByRole('alert')).toContainText('This file cannot be imported. Line 601 ');
  // 512 lines are a batch: the one before the error was written.
  await expect(page.getByTestId('import-events')).toHaveText('512');
  expect((await exportLog(page)).events).toHaveLength(512);

  await importLines(page, lines);
  await expect(page.getByText('Imported 188 events, 512 were known already.')).toBeVisible();
});

test('the import of a file can be stopped', async ({ page }) => {
  await openDesk(page);
  await startOverEmpty(page);
  const lines = Array.from({ length: 60_000 }, (_, i) => JSON.stringify({ streamId: `Permit-${i}`, type: 'Confirmation of receipt', data: {} }));
  await importLines(page, lines);
  await page.getByRole('button', { name: 'Stop the import' }).click();
  await expect(page.getByText(/^Stopped after [\d,]+ events?/)).toBeVisible();
  const events = await importedSoFar(page);
  expect(events).toBeLessThan(60_000);
  expect((await exportLog(page)).events).toHaveLength(events);
});

test('starting over deletes the log, and other tabs are told', async ({ context }) => {
  const page = await context.newPage();
  await openDesk(page);
  const other = await context.newPage();
  const uncaught: Error[] = [];
  other.on('pageerror', (error) => uncaught.push(error));
  await openDesk(other);
  await startOverEmpty(page);
  await expect(position(page)).toHaveText('Position 0 of 0');
  await expect(other.getByRole('alert')).toContainText('This log is gone');
  expect(uncaught).toEqual([]);
  await other.getByRole('button', { name: 'Reload the page' }).click();
  await expect(position(other)).toHaveText('Position 0 of 0');
});

async function importedSoFar(page: Page): Promise<number> {
  const text = await page.getByTestId('import-events').textContent();
  return Number(text?.replaceAll(',', ''));
}

/** Every event of the file once, in its order. */
async function expectTheWholeLog(page: Page): Promise<void> {
  await expect(position(page)).toHaveText(`Position ${ALL_EVENTS} of ${ALL_EVENTS}`);
  const { events } = await exportLog(page);
  expect(events.map(({ globalPosition }) => globalPosition)).toEqual(sampleEvents.map((_, i) => i + 1));
  expect(events).toMatchObject(sampleEvents.map(({ streamId, type, timestamp, data, metadata }) => ({ streamId, type, timestamp: Date.parse(timestamp), data, metadata })));
}
