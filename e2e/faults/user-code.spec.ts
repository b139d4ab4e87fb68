import { expect, test } from './test.ts';

test('4 a function in event 3 of 5 is refused with its path and stores none of them', async ({ openTab }) => {
  const tab = await openTab();
  await tab.evaluate(() => (harness.listenToHints(), harness.open()));
  const failures = await tab.evaluate(async () => {
    const broken = (data: unknown) => harness.batch(5).map((event, i) => (i === 2 ? { ...event, data } : event));
    const getter = { get total() { throw new Error('not yet'); } };
    const { store, NoStream, failure } = harness;
    return [
      await failure(store.appendToStream('Order-1', NoStream, broken({ total: () => 1 }))),
      await failure(store.appendToStream('Order-1', NoStream, broken(getter))),
      await failure(store.appendToStreams([
        { streamId: 'Order-1', expectedVersion: NoStream, events: harness.batch(5) },
        { streamId: 'Order-2', expectedVersion: NoStream, events: broken({ total: () => 1 }) },
      ])),
    ];
  });
  expect(failures).toMatchObject([
    { code: 'INVALID_EVENT', path: 'events[2].data.total' },
    { code: 'INVALID_EVENT', path: 'events[2].data' },
    { code: 'INVALID_EVENT', path: 'writes[1].events[2].data.total' },
  ]);
  expect(await tab.evaluate(async () => [(await harness.store.head()).position, await harness.store.getStreamInfo('Order-1')])).toEqual([0, undefined]);
  // The first hint is that of the first append that is stored.
  expect(await tab.evaluate(() => harness.store.appendToStream('Order-1', harness.NoStream, harness.batch(5)))).toMatchObject({ globalPosition: 5 });
  await expect.poll(() => tab.evaluate(() => harness.hints.map(({ position }) => position))).toEqual([5]);
});

test('5 none of the functions that a user hands over is ever called inside a transaction', async ({ openTab }) => {
  const tab = await openTab();
  const calls = await tab.evaluate(async () => {
    const begun: IDBTransaction[] = [];
    const older: IDBTransaction[] = [];
    const { transaction } = IDBDatabase.prototype;
    IDBDatabase.prototype.transaction = function (...args) {
      const tx = transaction.apply(this, args);
      begun.push(tx);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => (older.push(tx), port1.close());
      port2.postMessage(0);
      return tx;
    };
    // A transaction of an earlier task takes requests in its own callbacks only: whoever runs then runs inside it.
    const takesRequests = (tx: IDBTransaction) => {
      try {
        return tx.objectStore(tx.objectStoreNames[0]!).count() !== undefined;
      } catch {
        return false;
      }
    };
    const calls: Record<string, { inside: number; outside: number }> = {};
    const note = (what: string, inside: boolean) => (calls[what] ??= { inside: 0, outside: 0 })[inside ? 'inside' : 'outside']++;
    const reading = (what: string) => note(what, older.some(takesRequests));
    // What an append calls, it calls before it returns and before any transaction begins.
    let begunBefore: number | undefined;
    const appending = <T>(what: string, value: T): T => (note(what, begun.length !== begunBefore), value);

    await harness.open({
      clock: () => appending('clock', Date.now()),
      metadata: () => appending('metadata', { userId: 'ada' }),
    });
    const { store, AnyVersion } = harness;
    const foreign = async () => (await harness.openRaw('elsewhere')).close();
    const each = async () => (reading('each'), foreign());
    const subscription = store.subscribeToAll(0, { each }).subscribe(() => reading('next'));
    const health = store.health$.subscribe(() => reading('health'));
    for (let i = 0; i < 20; i++) {
      const data = { get total() { return appending('getter', i); }, nested: { toJSON: () => appending('toJSON', i) } };
      const events = new Proxy([{ type: 'Counted', data }], { get: (target, key) => appending('proxy', Reflect.get(target, key) as unknown) });
      begunBefore = begun.length;
      const appends = ['Order-1', `Order-${i}`].map((stream) => store.appendToStream(stream, AnyVersion, events));
      begunBefore = undefined;
      await Promise.all(appends);
    }
    for await (const event of store.readAll()) {
      reading(`loop over ${event.type}`);
      await foreign();
    }
    while (calls['next']!.outside + calls['next']!.inside < 40) await foreign();
    subscription.unsubscribe();
    health.unsubscribe();
    return calls;
  });
  expect(Object.keys(calls).sort()).toEqual(['clock', 'each', 'getter', 'health', 'loop over Counted', 'metadata', 'next', 'proxy', 'toJSON']);
  expect(Object.entries(calls).filter(([, { inside }]) => inside > 0)).toEqual([]);
});

test('5 a metadata provider that throws, waits or appends itself leaves every append whole', async ({ openTab }) => {
  const tab = await openTab();
  const codes = await tab.evaluate(async () => {
    let mode: 'throw' | 'append' | 'wait' | 'none' = 'none';
    const metadata = () => {
      if (mode === 'throw') throw new Error('nobody is signed in');
      if (mode === 'wait') return Promise.resolve({ userId: 'ada' }) as object;
      if (mode === 'append') {
        mode = 'none';
        void harness.store.appendToStream('Audit-1', harness.AnyVersion, harness.batch(2));
      }
      return { userId: 'ada' };
    };
    await harness.open({ metadata });
    const codes: Record<string, string> = {};
    for (mode of ['throw', 'append', 'wait'] as const) {
      const now = mode;
      codes[now] = (await harness.failure(harness.store.appendToStream('Order-1', harness.AnyVersion, harness.batch(3)))).code;
    }
    return codes;
  });
  expect(codes).toEqual({ throw: 'untyped', append: 'none', wait: 'INVALID_EVENT' });
  expect(await tab.evaluate(() => harness.audit(harness.store))).toMatchObject({ count: 5, problems: [] });
});
