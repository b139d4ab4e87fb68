import { expect, test, type Page } from '@playwright/test';
import { ALL_EVENTS, CASE, addStep, done, openCase, openDesk, position, stageCount } from './permit-desk.ts';
import { countCases, sampleEvents } from './sample-log.ts';

const LATEST = 'Desk-8192';
const total = sampleEvents.length;

/** The names of the desk's snapshots, as the database has them. */
async function snapshotNames(page: Page): Promise<string[]> {
  return await inSnapshots(page, 'readonly', (snapshots) => snapshots.getAllKeys()).then((keys) => (keys as [string, string][]).map(([stream]) => stream));
}

/** Runs one request on the object store of snapshots, as whoever meddles with the database would. */
async function inSnapshots(page: Page, mode: IDBTransactionMode, body: (snapshots: IDBObjectStore, argument: string) => IDBRequest, argument = ''): Promise<unknown> {
  return await page.evaluate(
    async ([source, transactionMode, given]) => {
      const request = indexedDB.open('permit-desk');
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      const transaction = database.transaction('snapshots', transactionMode);
      const run = new Function(`return ${source}`)() as (snapshots: IDBObjectStore, argument: string) => IDBRequest;
      const asked = run(transaction.objectStore('snapshots'), given);
      return await new Promise((resolve, reject) => {
        transaction.oncomplete = () => {
          database.close();
          resolve(asked.result);
        };
        transaction.onabort = () => reject(transaction.error);
      });
    },
    [body.toString(), mode, argument] as const,
  );
}

async function latest(page: Page): Promise<{ readonly data: string }> {
  return (await inSnapshots(page, 'readonly', (snapshots, name) => snapshots.get([name, '1']), LATEST)) as { data: string };
}

async function latestData(page: Page): Promise<string> {
  return (await latest(page)).data;
}

async function replaceLatest(page: Page, change: (data: string) => string): Promise<void> {
  const record = await latest(page);
  const changed = JSON.stringify({ ...record, data: change(record.data) });
  await inSnapshots(page, 'readwrite', (snapshots, text) => snapshots.put(JSON.parse(text), ['Desk-8192', '1']), changed);
}

async function openWithSnapshots(page: Page): Promise<void> {
  await openDesk(page);
  await expect.poll(() => snapshotNames(page)).toContain(LATEST);
}

test('a reload opens the desk at its latest snapshot, and folds what came after', async ({ page }) => {
  await openWithSnapshots(page);
  await openCase(page);
  await addStep(page, 'T16 Report reasons to hold request');
  await expect(done(page)).toBeVisible();
  // Only a fold that began with the snapshot can know this.
  const person = 'Only in the snapshot';
  await replaceLatest(page, (data) => data.replace('"groupByPerson":[', `"groupByPerson":[["${person}","Group 1"],`));
  await page.reload();
  await expect(page.getByLabel('You are').getByRole('option', { name: person })).toHaveCount(1);
  await expect(position(page)).toHaveText('Position 8,578 of 8,578');
  await expect(page.locator('.entry')).toHaveCount(7);
  await expect(stageCount(page, 'Report Y')).toHaveText('1');
});

test('a broken snapshot is passed over: the desk is whole at its end and in the past', async ({ page }) => {
  await openWithSnapshots(page);
  const people = await page.getByLabel('You are').getByRole('option').allTextContents();
  for (const broken of ['no JSON', '{"cases":7}']) {
    await replaceLatest(page, () => broken);
    await page.reload();
    await expect(position(page)).toHaveText(`Position ${ALL_EVENTS} of ${ALL_EVENTS}`);
    await expect.poll(() => page.getByLabel('You are').getByRole('option').allTextContents()).toEqual(people);
    for (const at of [8192, 8500, 100]) {
      await page.getByRole('slider', { name: 'Position of the log' }).fill(String(at));
      await expect(stageCount(page, 'All cases')).toHaveText(countCases(sampleEvents.slice(0, at)).toLocaleString('en-GB'));
    }
    // It is made anew on the way.
    await expect.poll(() => latestData(page)).toContain(sampleEvents[0]!.streamId.id);
  }
});

test('the slider may be moved faster than the past can be read, and ends where it was put', async ({ page }) => {
  await openWithSnapshots(page);
  await page.getByRole('slider', { name: 'Position of the log' }).focus();
  const back = page.getByRole('button', { name: 'One event back' });
  for (let i = 0; i < 5; i++) await back.press('Enter');
  await expect(position(page)).toHaveText(`Position ${(total - 5).toLocaleString('en-GB')} of ${ALL_EVENTS}`);
  for (const at of [6000, 200, 7000, 3000]) await page.getByRole('slider', { name: 'Position of the log' }).fill(String(at));
  await expect(position(page)).toHaveText(`Position 3,000 of ${ALL_EVENTS}`);
  await expect(stageCount(page, 'All cases')).toHaveText(countCases(sampleEvents.slice(0, 3000)).toLocaleString('en-GB'));
  await expect(page.getByRole('link', { name: new RegExp(CASE) })).toHaveCount(0);
});
