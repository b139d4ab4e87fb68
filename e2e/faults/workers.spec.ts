import type { BrowserContext, Page, Worker } from '@playwright/test';
import { expect, openHarness, test } from './test.ts';

const ready = (worker: Worker) => expect.poll(() => worker.evaluate(() => 'harness' in globalThis)).toBe(true);

async function startWorker(tab: Page): Promise<Worker> {
  const [worker] = await Promise.all([tab.waitForEvent('worker'), tab.evaluate(() => void new Worker('/worker.js', { type: 'module' }))]);
  await ready(worker);
  return worker;
}

async function startServiceWorker(context: BrowserContext, tab: Page): Promise<Worker> {
  const [worker] = await Promise.all([
    context.waitForEvent('serviceworker'),
    tab.evaluate(async () => void (await navigator.serviceWorker.register('/worker.js', { type: 'module' }))),
  ]);
  await ready(worker);
  return worker;
}

test('a tab, a dedicated worker and a service worker append to one log at once, and each is shown every event once and in order', async ({ openTab, browserProcess }) => {
  const tab = await openTab();
  const all: Pick<Worker, 'evaluate'>[] = [tab, await startWorker(tab), await startServiceWorker(browserProcess.context, tab)];
  // No poll comes to their help.
  for (const each of all) await each.evaluate(() => harness.open({ pollIntervalMs: 600_000 }));
  for (const each of all) await each.evaluate(() => harness.follow());
  const APPENDS = 100;
  await Promise.all(
    all.map((each) =>
      each.evaluate(async (count) => {
        const streams = ['Shared-1', `Own-${crypto.randomUUID()}`];
        await Promise.all(streams.map((stream) => harness.appenders[harness.startAppending({ stream, size: 2, count })]!.done));
      }, APPENDS),
    ),
  );
  const count = all.length * 2 * APPENDS * 2;
  for (const each of all) {
    await expect.poll(() => each.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count, last: count, inOrder: true });
    expect(await each.evaluate(() => harness.appenders.flatMap(({ failures }) => failures))).toEqual([]);
    expect(await each.evaluate(() => harness.audit(harness.store))).toMatchObject({ count, problems: [] });
  }
});

test('a worker that is terminated in the middle of its appends holds up nobody and leaves whole appends', async ({ openTab }) => {
  const tab = await openTab();
  await tab.evaluate(() => harness.open());
  for (let i = 0; i < 5; i++) {
    const [worker] = await Promise.all([
      tab.waitForEvent('worker'),
      tab.evaluate(() => void Object.assign(globalThis, { worker: new Worker('/worker.js', { type: 'module' }) })),
    ]);
    await ready(worker);
    await worker.evaluate(() => harness.open());
    await worker.evaluate(() => void harness.startAppending({ stream: 'Worker-1', size: 300, concurrency: 3 }));
    await expect.poll(() => worker.evaluate(() => harness.appenders[0]!.acknowledged.length)).toBeGreaterThan(2);
    await tab.evaluate(() => (globalThis as unknown as { worker: Worker & { terminate(): void } }).worker.terminate());
    const slowestMs = await tab.evaluate(async () => {
      const appender = harness.appenders[harness.startAppending({ stream: 'Tab-1', count: 10 })]!;
      await appender.done;
      return appender.slowestMs;
    });
    expect(slowestMs).toBeLessThan(2_000);
  }
  expect((await tab.evaluate(() => harness.audit(harness.store))).problems).toEqual([]);
});

test('in a private window the store works, apart from the one outside, and its log ends with the window', async ({ openTab, browserProcess, baseURL }) => {
  const outside = await openTab();
  await outside.evaluate(async () => (await harness.open(), await harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(3))));
  const open = async (context: BrowserContext) => {
    const tab = await openHarness(context, baseURL!);
    await tab.evaluate(() => harness.open());
    return tab;
  };
  const privately = await browserProcess.newPrivateContext();
  const [first, second] = [await open(privately), await open(privately)];
  await second.evaluate(() => harness.follow());
  expect(await first.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(2)))).toMatchObject({ globalPosition: 2 });
  await expect.poll(() => second.evaluate(() => harness.recordings[0]!.facts)).toMatchObject({ count: 2, inOrder: true });
  await privately.close();

  const another = await open(await browserProcess.newPrivateContext());
  expect(await another.evaluate(() => harness.store.head())).toMatchObject({ position: 0 });
  expect(await outside.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 3, problems: [] });
});

test('where the browser has no IndexedDB, or refuses it, opening is a typed error that says so', async ({ openTab }) => {
  const without = await openTab({ before: () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }) });
  expect(await without.evaluate(() => harness.failure(harness.open()))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  // A frame without an origin is refused by the browser itself.
  const tab = await openTab();
  const refused = await tab.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.sandbox.add('allow-scripts');
    frame.srcdoc = `<script type="module">
      import ${JSON.stringify(new URL('/worker.js', location.href).href)};
      parent.postMessage(await harness.failure(harness.open()), '*');
    </script>`;
    const message = new Promise<MessageEvent<{ code: string }>>((resolve) => (onmessage = resolve));
    document.body.append(frame);
    return (await message).data;
  });
  expect(refused).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
});
