// The demo's log moves to SQLite and back, and answers questions there.
import { expect, test, type Page } from '@playwright/test';
import { ALL_EVENTS, actAs, addStep, done, exportLog, openCase, openDesk, position, timeline } from './permit-desk.ts';
import { sampleEvents } from './sample-log.ts';

test('the log moves to SQLite, takes a step there, stays there, and answers questions', async ({ page }) => {
  await openDesk(page);
  const before = await exportLog(page);
  await startMove(page, 'SQLite');
  const bar = page.getByRole('dialog').getByRole('progressbar', { name: 'Move of the log to SQLite' });
  await expect.poll(() => bar.getAttribute('value').then(Number)).toBeGreaterThan(0);
  await expect(heading(page, 'SQLite')).toBeVisible({ timeout: 30_000 });
  expect((await exportLog(page)).events).toEqual(before.events);

  await page.getByRole('button', { name: 'Hand-overs between groups' }).click();
  const handOvers = countHandOvers();
  await expect(rows(page)).toHaveCount(handOvers.length);
  const answer = await cells(page);
  expect(Object.fromEntries(answer)).toEqual(Object.fromEntries(handOvers));
  const [most, times] = answer[0]!;
  await expect(page.getByRole('img', { name: `Bar chart of times. The most is ${times}: ${most}.` })).toBeVisible();

  const box = page.getByRole('textbox', { name: 'One SELECT' });
  await box.fill('SELECT count(*) AS events, max(global_position) AS last FROM events');
  await box.press('Control+Enter');
  await expect.poll(() => cells(page)).toEqual([['8577', '8577']]);
  await box.fill('SELECT global_position FROM events ORDER BY 1');
  await page.getByRole('button', { name: 'Ask', exact: true }).click();
  await expect(page.getByText('200 rows in')).toContainText('and there are more');
  for (const [question, words] of [['SELECT price FROM events', 'no such column: price'], ['DELETE FROM log_events', 'Only one SELECT']] as const) {
    await box.fill(question);
    await box.press('Control+Enter');
    await expect(page.getByRole('alert')).toContainText(words);
  }

  await openCase(page);
  await actAs(page, 'Resource07');
  await addStep(page, 'T16 Report reasons to hold request');
  await expect(done(page)).toBeVisible();
  await page.reload();
  await expect(position(page)).toHaveText('Position 8,578 of 8,578');
  await expect.poll(() => timeline(page).then((entries) => entries.at(-1))).toBe('version 7: T16 Report reasons to hold request, Resource07');
  await page.goto('/#/data');
  await expect(heading(page, 'SQLite')).toBeVisible();
});

test('a move that is stopped leaves the log where it is; it goes there and back', async ({ page }) => {
  await openDesk(page);
  const before = await exportLog(page);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  await startMove(page, 'SQLite');
  await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
  letGo();
  await expect(page.getByText('The move was stopped. The log is in IndexedDB as before')).toBeVisible();
  for (const storage of ['SQLite', 'IndexedDB']) {
    await startMove(page, storage);
    await expect(heading(page, storage)).toBeVisible({ timeout: 30_000 });
  }
  expect((await exportLog(page)).events).toEqual(before.events);
  const left = await page.evaluate(async () => {
    const all = await (await navigator.storage.getDirectory()).getDirectoryHandle('ermine-sqlite');
    return all.getDirectoryHandle('permit-desk').then(() => 'there', (error: DOMException) => error.name);
  });
  expect(left).toBe('NotFoundError');
});

test('what keeps the log from moving is told in words, and the log stays', async ({ context }) => {
  const page = await context.newPage();
  await openDesk(page);
  const other = await context.newPage();
  await openDesk(other);
  await startMove(page, 'SQLite');
  await expect(page.getByRole('alert')).toContainText('The desk is open in another tab as well');
  await other.close();

  // A browser without sync access handles, as WebKitGTK is one.
  await context.route('**/*sqlite-worker*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `delete FileSystemFileHandle.prototype.createSyncAccessHandle;\n${await response.text()}` });
  });
  await startMove(page, 'SQLite');
  await expect(page.getByRole('alert')).toContainText('SQLite cannot be used here. This browser has no file handles for SQLite');
  await expect(page.getByRole('alert')).toContainText('The log stays in IndexedDB.');
  await expect(page.getByTestId('health')).toContainText(`Events${ALL_EVENTS}`);
});

async function startMove(page: Page, to: string): Promise<void> {
  await page.goto('/#/data');
  await page.getByRole('button', { name: `Move the log to ${to}` }).click();
}

function heading(page: Page, storage: string) {
  return page.getByRole('heading', { name: `The log is in ${storage}` });
}

function rows(page: Page) {
  return page.getByRole('table', { name: 'Answer' }).locator('tbody tr');
}

function cells(page: Page): Promise<string[][]> {
  return rows(page).evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)));
}

/** From the sample's file, as the table has them. */
function countHandOvers(): [pair: string, times: string][] {
  const groups = new Map<string, string>();
  const times = new Map<string, number>();
  for (const { streamId, data } of sampleEvents) {
    if (data.group === 'EMPTY') continue;
    const giver = groups.get(streamId.id);
    groups.set(streamId.id, data.group);
    if (giver === undefined || giver === data.group) continue;
    const pair = `${giver} → ${data.group}`;
    times.set(pair, (times.get(pair) ?? 0) + 1);
  }
  return [...times].map(([pair, count]) => [pair, String(count)]);
}
