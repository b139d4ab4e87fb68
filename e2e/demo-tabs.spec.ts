import { expect, test, type BrowserContext, type Locator, type Page } from '@playwright/test';
import { CASE, actAs, addStep, done, openCase, position, someoneWasFaster, stepButtons, timeline } from './permit-desk.ts';

test('news of a case stays apart until the person takes note, and a step goes with what they saw', async ({ context }) => {
  const [here, there] = await tabsAtOneCase(context, ['Resource01', 'Resource05']);
  await addStep(here!, 'T16 Report reasons to hold request');
  await expect(there!.getByText('1 new event since you looked')).toBeVisible();
  // It decides on what it saw, although the page knows better by now.
  await press(stepButtons(there!).first());
  await expect(someoneWasFaster(there!)).toBeVisible();
  await expect(position(there!)).toHaveText('Position 8,578 of 8,578');
});

test('of two tabs that take a step at the same moment, one does and one is told', async ({ context }) => {
  const tabs = await tabsAtOneCase(context, ['Resource01', 'Resource05']);
  await Promise.all(tabs.map((tab) => press(stepButtons(tab).first())));
  for (const tab of tabs) await expect(done(tab).or(someoneWasFaster(tab))).toBeVisible();
  const told = await Promise.all(tabs.map((tab) => someoneWasFaster(tab).isVisible()));
  expect(told.filter(Boolean)).toHaveLength(1);
  for (const tab of tabs) await expect(position(tab)).toHaveText('Position 8,578 of 8,578');
});

test('three tabs at one case all get their steps in, and end with the same timeline', async ({ context }) => {
  const people = ['Resource01', 'Resource05', 'Resource09'];
  // A case whose confirmation is being checked, which may be done again and again.
  const tabs = await tabsAtOneCase(context, people, 'case-9894');
  const versionBefore = 3;
  const stepsEach = 3;
  await Promise.all(
    tabs.map(async (tab) => {
      for (let i = 0; i < stepsEach; i++) await takeStepInTheEnd(tab);
    }),
  );
  const added = people.length * stepsEach;
  for (const tab of tabs) {
    await expect(position(tab)).toHaveText(`Position ${(8577 + added).toLocaleString('en-GB')} of ${(8577 + added).toLocaleString('en-GB')}`);
    await expect(tab.locator('.entry')).toHaveCount(versionBefore + added);
  }
  const timelines = await Promise.all(tabs.map(timeline));
  expect(timelines[1]).toEqual(timelines[0]);
  expect(timelines[2]).toEqual(timelines[0]);
  expect(timelines[0]!.map((entry) => entry.split(':')[0])).toEqual(Array.from({ length: versionBefore + added }, (_, i) => `version ${i + 1}`));
  for (const person of people) expect(timelines[0]!.slice(versionBefore).filter((entry) => entry.endsWith(person))).toHaveLength(stepsEach);
});

/** The same case in several tabs, with somebody else at each. */
async function tabsAtOneCase(context: BrowserContext, people: readonly string[], label = CASE): Promise<Page[]> {
  const tabs: Page[] = [];
  for (const person of people) {
    const tab = await context.newPage();
    await openCase(tab, label);
    await actAs(tab, person);
    tabs.push(tab);
  }
  return tabs;
}

/** Takes a step as a person would: when somebody was faster, takes note and tries again. */
async function takeStepInTheEnd(page: Page): Promise<void> {
  const note = page.getByRole('button', { name: 'Take note' });
  for (;;) {
    if (await note.isVisible()) await press(note);
    const before = await outcome(page);
    await page.getByLabel('Another step').selectOption('T02 Check confirmation of receipt');
    await press(page.getByRole('button', { name: 'Add it' }));
    await expect.poll(async () => ['', before].includes(await outcome(page))).toBe(false);
    if ((await outcome(page)) !== 'Someone was faster') return;
  }
}

/** Not a click: that waits for frames, and a tab in the background draws one a second. */
async function press(button: Locator): Promise<void> {
  await button.press('Enter');
}

/** What the page says of the step that was taken last; what others do does not change it. */
async function outcome(page: Page): Promise<string> {
  const words = await page.getByRole('region', { name: 'Next step' }).textContent();
  return /Someone was faster|Done: .* is event \d+/.exec(words ?? '')?.[0] ?? '';
}
