import { StrictMode, createElement, startTransition, useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Subject, filter as where, firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openProjection } from '../projection/open-projection.ts';
import { openStore, orders, placed, revenue, shipped, type ShopEvent } from '../projection/projections.test-fixture.ts';
import { deleteDatabase } from '../storage/indexeddb/conformance.test-fixture.ts';
import { indexedDbStorage } from '../storage/indexeddb/indexeddb-storage.ts';
import { openSyncedStore } from '../store/open-synced-store.ts';
import { httpTransport } from '../sync/transport.ts';
import { CaughtUp } from '../subscription/subscribe.ts';
import { useCommand } from './use-command.ts';
import { useLive } from './use-live.ts';
import { useProjection, useProjectionStatus } from './use-projection.ts';
import { useStream } from './use-stream.ts';

function storage() {
  const name = `react-${crypto.randomUUID()}`;
  onTestFinished(() => deleteDatabase(name));
  return indexedDbStorage({ name, persist: false });
}

function render(component: () => ReactNode): HTMLElement {
  const element = document.body.appendChild(document.createElement('div'));
  const root = createRoot(element);
  root.render(createElement(StrictMode, null, createElement(component)));
  onTestFinished(() => {
    root.unmount();
    element.remove();
  });
  return element;
}

function occupy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

describe('hooks in a browser', () => {
  it('useStream shows a stream, what other stores append to it, and another stream when the id changes', async () => {
    const shared = storage();
    const [store, other] = [await openStore(shared), await openStore(shared)];
    await store.appendToStreams([
      { streamId: 'Order-1', expectedVersion: 0, events: Array.from({ length: 300 }, () => placed(1)) },
      { streamId: 'Order-2', expectedVersion: 0, events: [placed(7)] },
    ]);
    let renders = 0;
    const seen = new Set<unknown>();
    let show = (_id: string): void => undefined;
    const element = render(() => {
      const [id, setId] = useState('1');
      show = setId;
      const { state, value = [] } = useStream(store, `Order-${id}`);
      renders++;
      seen.add(value);
      return `${state}: ${value.length} of ${id}, last ${value.at(-1)?.type}`;
    });
    await expect.poll(() => element.textContent).toBe('live: 300 of 1, last OrderPlaced');
    // Two renders at once, since React renders twice in StrictMode; not one for each event.
    expect(renders).toBeLessThan(12);
    // What other streams get changes nothing.
    const before = seen.size;
    for (let n = 0; n < 3; n++) {
      const { globalPosition } = await store.appendToStream('Order-3', n, [placed(1)]);
      await firstValueFrom(store.subscribeToStream('Order-1', 0, { caughtUp: true }).pipe(where((entry) => entry.type === CaughtUp && entry.globalPosition >= globalPosition)));
      await new Promise(requestAnimationFrame);
    }
    await other.appendToStream('Order-1', 300, [shipped]);
    await expect.poll(() => element.textContent).toBe('live: 301 of 1, last OrderShipped');
    expect(seen.size).toBe(before + 1);
    show('2');
    await expect.poll(() => element.textContent).toBe('live: 1 of 2, last OrderPlaced');
  });

  it('useStream shows why it ended', async () => {
    const store = await openStore(storage());
    await store.appendToStream('Order-1', 0, [placed(1)]);
    const element = render(() => {
      const { state, error } = useStream(store, 'Order-1');
      return `${state} ${(error as { code?: string } | undefined)?.code}`;
    });
    await expect.poll(() => element.textContent).toBe('live undefined');
    await store.deleteStream('Order-1', 1);
    await expect.poll(() => element.textContent).toBe('failed STREAM_DELETED');
  });

  it('useProjection shows a state, a document and a page of what another store runs', async () => {
    const shared = storage();
    const [store, other] = [await openStore(shared), await openStore(shared)];
    const [sum, cards] = [await openProjection(other, revenue()), await openProjection(other, orders())];
    const here = { sum: await openProjection(store, revenue(), { run: false }), cards: await openProjection(store, orders(), { run: false }) };
    const element = render(() => {
      const total = useProjection(here.sum);
      const card = useProjection(here.cards, '1');
      const page = useProjection(here.cards, { index: 'total', lower: 10 });
      const status = useProjectionStatus(here.cards);
      return [total.value?.sum, card.value?.state, page.value?.documents.map(({ key }) => key).join('+'), status.value?.state].join(' ');
    });
    await expect.poll(() => element.textContent).toBe('0   live');
    await store.appendToStream('Order-1', 0, [placed(5)]);
    await store.appendToStream('Order-2', 0, [placed(10), shipped]);
    await Promise.all([sum.waitFor(3), cards.waitFor(3)]);
    await expect.poll(() => element.textContent).toBe('15 placed 2 live');
  });

  it('useStream shows what a synced store has pending, and useProjection where it is told to', async () => {
    const store = await openSyncedStore<ShopEvent>({ storage: storage(), transport: httpTransport({ url: 'https://offline.test', fetch: () => Promise.reject(new TypeError('offline')) }) });
    onTestFinished(() => store.close());
    const [sum, cards] = [await openProjection(store, revenue()), await openProjection(store, orders())];
    const element = render(() => {
      const [total, confirmed] = [useProjection(sum, { pending: true }), useProjection(sum)];
      const card = useProjection(cards, '1', { pending: true });
      const page = useProjection(cards, { index: 'total' }, { pending: true });
      const stream = useStream(store, 'Order-1');
      return [total.value?.sum, confirmed.value?.sum, card.value?.state, page.value?.documents.length, stream.value?.map(({ type, pending }) => `${type} ${pending}`)].join(' ');
    });
    await expect.poll(() => element.textContent).toBe('0 0  0 ');
    await store.appendToStream('Order-1', 0, [placed(5), shipped]);
    await store.appendToStream('Order-2', 0, [placed(10)]);
    await expect.poll(() => element.textContent).toBe('15 0 shipped 2 OrderPlaced true,OrderShipped true');
  });

  it('everything that is rendered at a time shows the same value, in the middle of a transition too', async () => {
    const values$ = new Subject<number>();
    const seen = new Set<string>();
    let more = (): void => undefined;
    const Reader = () => {
      const { value } = useLive(() => values$, values$, '');
      // Long enough for React to pause between two readers, and for an emission to come in between.
      occupy(3);
      return createElement('i', null, `${value}`);
    };
    const element = render(() => {
      const [count, setCount] = useState(1);
      more = () => startTransition(() => setCount((before) => before + 1));
      return Array.from({ length: 20 + (count % 2) }, (_, i) => createElement(Reader, { key: i }));
    });
    await expect.poll(() => values$.observed).toBe(true);
    for (let n = 1; n <= 15; n++) {
      more();
      await new Promise((resolve) => setTimeout(resolve, 5));
      values$.next(n);
      const texts = [...element.querySelectorAll('i')].map(({ textContent }) => textContent);
      seen.add(`${new Set(texts).size}`);
    }
    await expect.poll(() => new Set([...element.querySelectorAll('i')].map(({ textContent }) => textContent))).toEqual(new Set(['15']));
    expect([...seen]).toEqual(['1']);
  });

  it('useCommand tells how the last call is doing, and each call its outcome', async () => {
    const store = await openStore(storage());
    let command: ReturnType<typeof useCommand<[number], { version: number }>> | undefined;
    const element = render(() => {
      command = useCommand((version: number) => store.appendToStream('Order-1', version, [placed(1)]));
      return `${command.state} ${command.result?.version} ${(command.error as { code?: string } | undefined)?.code}`;
    });
    await expect.poll(() => element.textContent).toBe('idle undefined undefined');
    const { run } = command!;
    expect(await run(0)).toMatchObject({ ok: true, result: { version: 1 } });
    await expect.poll(() => element.textContent).toBe('done 1 undefined');
    expect(await run(0)).toMatchObject({ ok: false, error: { code: 'CONCURRENCY_CONFLICT' } });
    await expect.poll(() => element.textContent).toBe('failed undefined CONCURRENCY_CONFLICT');
    expect(command!.run).toBe(run);
    await Promise.all([run(0), run(1)]);
    await expect.poll(() => element.textContent).toBe('done 2 undefined');
    command!.reset();
    await expect.poll(() => element.textContent).toBe('idle undefined undefined');
  });
});
