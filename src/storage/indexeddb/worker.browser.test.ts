import { describe, expect, it, onTestFinished } from 'vitest';
import type { EventStore } from '../../store/event-store.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { deleteDatabase } from './conformance.test-fixture.ts';
import { indexedDbStorage } from './indexeddb-storage.ts';
import type { Reply, Request } from './store.test-worker.ts';

/** Nobody finds anything by looking: what arrives was told of. */
const NEVER_MS = 3_600_000;

interface StoreWorker {
  readonly positions: number[];
  readonly appended: number[];
  ask(request: Request): Promise<unknown>;
  terminate(): void;
}

function startWorker(): StoreWorker {
  const worker = new Worker(new URL('./store.test-worker.ts', import.meta.url), { type: 'module' });
  const answers = new Map<number, (value: unknown) => void>();
  const positions: number[] = [];
  const appended: number[] = [];
  worker.onmessage = ({ data }: MessageEvent<Reply>) => {
    if (data.is === 'event') positions.push(data.position);
    else if (data.is === 'appended') appended.push(data.version);
    else answers.get(data.id)?.(data.value);
  };
  let id = 0;
  onTestFinished(() => worker.terminate());
  return {
    positions,
    appended,
    ask: (request) =>
      new Promise((resolve) => {
        answers.set(++id, resolve);
        worker.postMessage({ id, request });
      }),
    terminate: () => worker.terminate(),
  };
}

/** A page and some workers on one new log. */
async function open(count: number): Promise<{ store: EventStore; positions: number[]; workers: StoreWorker[] }> {
  const name = `worker-${crypto.randomUUID()}`;
  const store = await openEventStore({ storage: indexedDbStorage({ name, persist: false }), pollIntervalMs: NEVER_MS });
  onTestFinished(async () => {
    await store.close();
    await deleteDatabase(name);
  });
  const { epoch } = await store.head();
  const workers = Array.from({ length: count }, startWorker);
  expect(await Promise.all(workers.map((worker) => worker.ask({ do: 'open', name })))).toEqual(Array(count).fill(epoch));
  const positions: number[] = [];
  store.subscribeToAll(0).subscribe(({ globalPosition }) => positions.push(globalPosition));
  return { store, positions, workers };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
const counted = (n: number) => [{ type: 'Counted', data: { n } }];

describe('a page and its dedicated workers', () => {
  it('the page sees live what a worker appends, in order', async () => {
    const { store, positions, workers } = await open(1);
    await workers[0]!.ask({ do: 'append many', stream: 'Order-1', count: 50 });
    await expect.poll(() => positions).toEqual(upTo(50));
    expect((await store.loadStream('Order-1')).map(({ data }) => (data as { n: number }).n)).toEqual(upTo(50));
    await workers[0]!.ask({ do: 'close' });
  });

  it('a worker sees live what the page appends, in order', async () => {
    const { store, workers } = await open(1);
    await workers[0]!.ask({ do: 'follow' });
    for (let n = 1; n <= 50; n++) await store.appendToStream('Order-1', n - 1, counted(n));
    await expect.poll(() => workers[0]!.positions).toEqual(upTo(50));
    await workers[0]!.ask({ do: 'close' });
  });

  it('of a page and workers that expect the same version exactly one wins, each time', async () => {
    const { store, workers } = await open(2);
    for (let version = 0; version < 10; version++) {
      const outcomes = await Promise.all([
        ...workers.map((worker) => worker.ask({ do: 'append', stream: 'Order-1', expectedVersion: version, numbers: [version] })),
        store.appendToStream('Order-1', version, counted(version)).catch(({ code, actualVersion }) => ({ code, actualVersion })),
      ]);
      const lost = { code: 'CONCURRENCY_CONFLICT', actualVersion: version + 1 };
      expect(outcomes).toContainEqual({ version: version + 1, globalPosition: version + 1, deduplicated: false });
      expect(outcomes.filter((outcome) => JSON.stringify(outcome) === JSON.stringify(lost))).toHaveLength(2);
    }
    await Promise.all(workers.map((worker) => worker.ask({ do: 'close' })));
  });

  it('all that write at the same time see one log, without a gap', async () => {
    const { store, positions, workers } = await open(3);
    await Promise.all(workers.map((worker) => worker.ask({ do: 'follow' })));
    const own = (async () => {
      for (let n = 1; n <= 60; n++) await store.appendToStream('Page-1', n - 1, counted(n));
    })();
    await Promise.all([own, ...workers.map((worker, i) => worker.ask({ do: 'append many', stream: `Worker-${i}`, count: 60 }))]);
    await expect.poll(() => [positions, ...workers.map((worker) => worker.positions)]).toEqual(Array(4).fill(upTo(240)));
    for (const worker of workers) expect(await worker.ask({ do: 'read' })).toEqual(upTo(240));
    await Promise.all(workers.map((worker) => worker.ask({ do: 'close' })));
  });

  it('a worker that is ended in the middle of its appends leaves whole ones, none of those it was told of missing, and blocks nobody', async () => {
    const { store, positions, workers } = await open(2);
    void workers[0]!.ask({ do: 'append for ever', stream: 'Order-1' });
    await expect.poll(() => workers[0]!.appended.length).toBeGreaterThan(20);
    workers[0]!.terminate();
    const told = workers[0]!.appended.at(-1)!;
    await store.appendToStream('Order-2', 0, counted(1));
    await workers[1]!.ask({ do: 'append', stream: 'Order-3', expectedVersion: 0, numbers: [1] });
    // Only now has every transaction of the ended worker ended as well.
    const events = await store.loadStream('Order-1');
    expect(events.length).toBeGreaterThanOrEqual(told);
    expect(events.length % 3).toBe(0);
    expect(events.map(({ version }) => version)).toEqual(upTo(events.length));
    const { position } = await store.head();
    await expect.poll(() => positions).toEqual(upTo(position));
    await workers[1]!.ask({ do: 'close' });
  });
});
