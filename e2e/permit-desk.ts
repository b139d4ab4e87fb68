import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, type Locator, type Page } from '@playwright/test';

export const ALL_EVENTS = '8,577';
export const ALL_CASES = '1,434';
/** A case with six events, the last of the log. */
export const CASE = 'case-11458';
export const CASE_VERSION = 6;

/** Opens the desk and waits for its log, which is imported if it is the first time. */
export async function openDesk(page: Page): Promise<void> {
  await page.goto('/');
  await expect(page.getByRole('searchbox')).toBeVisible({ timeout: 30_000 });
}

export async function openCase(page: Page, label = CASE): Promise<void> {
  await page.goto(`/#/case/${encodeURIComponent(`Permit-${label}`)}`);
  await expect(page.getByRole('heading', { name: label })).toBeVisible({ timeout: 30_000 });
}

export async function actAs(page: Page, person: string): Promise<void> {
  await page.getByLabel('You are').selectOption(person);
}

export function position(page: Page): Locator {
  return page.getByTestId('position');
}

export function stageCount(page: Page, stage: string): Locator {
  return page.getByRole('button', { name: new RegExp(`^${stage}`) }).locator('.stage-count');
}

export function stepButtons(page: Page): Locator {
  return page.getByRole('region', { name: 'Next step' }).getByRole('listitem').getByRole('button');
}

/** Any step of the log, by name. */
export async function addStep(page: Page, step: string): Promise<void> {
  await page.getByLabel('Another step').selectOption(step);
  await page.getByRole('button', { name: 'Add it' }).click();
}

export function done(page: Page): Locator {
  return page.getByText(/^Done:/);
}

export function someoneWasFaster(page: Page): Locator {
  return page.getByRole('alert').filter({ hasText: 'Someone was faster' });
}

/** What the open case's timeline says, oldest first: version, step and person. */
export async function timeline(page: Page): Promise<string[]> {
  const entries = await page.locator('.entry').evaluateAll((elements) =>
    elements.map((entry) => {
      const words = (selector: string): string => entry.querySelector(selector)?.textContent ?? '';
      return `${words('.entry-version')}: ${words('.entry-step')}, ${words('.entry-facts span')}`;
    }),
  );
  return entries.toReversed();
}

export interface ExportedEvent {
  readonly id: string;
  readonly version: number;
  readonly globalPosition: number;
}

/** The whole log, as the page exports it. */
export async function exportLog(page: Page, button: 'Export as text' | 'Export packed (gzip)' = 'Export as text'): Promise<{ path: string; events: ExportedEvent[] }> {
  await page.goto('/#/data');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: button }).click();
  const path = await (await download).path();
  const bytes = readFileSync(path);
  const text = (button === 'Export as text' ? bytes : gunzipSync(bytes)).toString();
  return { path, events: text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as ExportedEvent) };
}

export async function startOverEmpty(page: Page): Promise<void> {
  await page.goto('/#/data');
  await page.getByRole('button', { name: 'Start over…' }).click();
  await page.getByRole('button', { name: 'begin empty' }).click();
  await expect(page.getByText('There are no cases yet')).toBeVisible();
}

/** Chooses lines as a file to import. */
export async function importLines(page: Page, lines: readonly string[]): Promise<void> {
  await page.goto('/#/data');
  await page.getByLabel('File to import').setInputFiles({ name: 'events.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(lines.join('\n')) });
}
