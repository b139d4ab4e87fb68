import { expect, test, type Page } from '@playwright/test';
import { ALL_EVENTS, CASE, addStep, done, openCase, openDesk, position, stageCount } from './permit-desk.ts';
import { countCases, sampleEvents } from './sample-log.ts';

const LATEST = 'Desk-8192';
const total = sampleEvents.length;

/** The data of a snapshot as the database has it, undefined when there is none; with `replacement`, it is put in its place. */
async function snapshotData(page: Page, name: string, replacement?: string): Promise<string | undefined> {
  return await page.evaluate(
    async ([stream, data]) => {
      const settled = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const database = await settled(indexedDB.open('permit-desk'));
      const snapshots = database.transaction('snapshots', 'readwrite').objectStore('snapshots');
      const key = [stream!, '1'];
      const record = (await settled(snapshots.get(key))) as { data: string } | undefined;
      if (record && data !== undefined) await settled(snapshots.put({ ...record, data }, key));
      database.close();
      return record?.data;
    },
    [name, replacement],
  );
}

async function openWithSnapshots(page: Page): Promise<void> {
  await openDesk(page);
  await expect.poll(() => snapshotData(page, LATEST)).toBeDefined();
}

test('a reload opens the desk at its latest snapshot, and folds what came after', async ({ page }) => {
  await openWithSnapshots(page);
  await openCase(page);
  await addStep(page, 'T16 Report reasons to hold request');
  await expect(done(page)).toBeVisible();
  // Only a fold that began with the snapshot can know this.
  const person = 'Only in the snapshot';
  const data = await snapshotData(page, LATEST);
  await snapshotData(page, LATEST, data!.replace('"groupByPerson":[', `"groupByPerson":[["${person}","Group 1"],`));
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
    await snapshotData(page, LATEST, broken);
    await page.reload();
    await expect(position(page)).toHaveText(`Position ${ALL_EVENTS} of ${ALL_EVENTS}`);
    await expect.poll(() => page.getByLabel('You are').getByRole('option').allTextContents()).toEqual(people);
    for (const at of [8192, 8500, 100]) {
      await page.getByRole('slider', { name: 'Position of the log' }).fill(String(at));
      await expect(stageCount(page, 'All cases')).toHaveText(countCases(sampleEvents.slice(0, at)).toLocaleString('en-GB'));
    }
    // It is made anew on the way.
    await expect.poll(() => snapshotData(page, LATEST)).toContain(sampleEvents[0]!.streamId.id);
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
