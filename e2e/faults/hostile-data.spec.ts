import { expect, test } from './test.ts';

const POISON = '{"__proto__":{"polluted":true}}';

test('40 keys that pollute prototypes are refused wherever they hide, and nothing of their append is stored', async ({ openTab }) => {
  const tab = await openTab();
  await tab.evaluate(() => harness.open());
  const failures = await tab.evaluate(async (poison) => {
    const poisoned = JSON.parse(poison) as Record<string, string>;
    const { store, failure, NoStream } = harness;
    const append = (event: object) => failure(store.appendToStream('Order-1', NoStream, [...harness.batch(2), { type: 'Poisoned', data: {}, ...event }]));
    const line = (event: object) => `${JSON.stringify({ streamId: 'Order-1', type: 'Imported', data: {}, ...event })}\n`;
    const lines = line({}) + line({ data: 0 }).replace('"data":0', `"data":${poison}`);
    return [
      await append({ data: poisoned }),
      await append({ data: { items: [{ deep: poisoned }] } }),
      await append({ data: { constructor: { prototype: {} } } }),
      await append({ metadata: { custom: poisoned } }),
      await append({ metadata: poisoned }),
      await failure(store.snapshots.save({ streamId: 'Order-1', version: 1, data: poisoned })),
      await failure(store.importEvents(new Blob([lines]))),
    ];
  }, POISON);
  expect(failures.map(({ code }) => code)).toEqual([...Array<string>(6).fill('INVALID_EVENT'), 'INVALID_IMPORT']);
  expect(failures.map((failure) => failure['path'] ?? failure['line'])).toEqual([
    expect.stringContaining('events[2].data'),
    expect.stringContaining('events[2].data.items[0].deep'),
    'events[2].data.constructor',
    expect.stringContaining('events[2].metadata.custom'),
    expect.stringContaining('events[2].metadata'),
    expect.stringContaining('snapshot.data'),
    2,
  ]);
  expect(await tab.evaluate(() => harness.store.head())).toMatchObject({ position: 0 });
  expect(await tab.evaluate(() => 'polluted' in {})).toBe(false);
});

test('40 a record or a hint that another script of the origin has poisoned pollutes no prototype', async ({ openTab }) => {
  const [tab, script] = [await openTab(), await openTab()];
  await tab.evaluate(() => harness.open());
  await tab.evaluate(() => (harness.follow(), harness.store.appendToStream('Order-1', harness.NoStream, [{ type: 'Placed', data: { note: 'PLACEHOLDER' } }])));
  await script.evaluate(async (poison) => {
    const database = await harness.openRaw();
    const commits = database.transaction('commits', 'readwrite').objectStore('commits');
    const record = await new Promise<{ k: number; p: string[] }>((resolve) => (commits.get(1).onsuccess = ({ target }) => resolve((target as IDBRequest).result)));
    commits.put({ ...record, p: record.p.map((text) => text.replace('"PLACEHOLDER"', poison)) });
    await new Promise((resolve) => (commits.transaction.oncomplete = resolve));
    database.close();
    new BroadcastChannel('ermine:indexeddb:log').postMessage(JSON.parse(poison));
  }, POISON);
  const loaded = await tab.evaluate(async () => {
    const [event] = await harness.store.loadStream('Order-1');
    for await (const { data } of harness.store.readAll()) Object.assign({}, data);
    return { polluted: 'polluted' in {}, keys: Object.keys((event!.data as { note: object }).note) };
  });
  expect(loaded).toEqual({ polluted: false, keys: ['__proto__'] });
  expect(await tab.evaluate(() => harness.store.appendToStream('Order-1', 1, harness.batch(1)))).toMatchObject({ globalPosition: 2 });
});

const NAMES = ["'; DROP--", "Robert'); DROP TABLE events;--1", '<img src=x onerror="pwned = 1">-<script>pwned = 1</script>', 'A-\u202Eevil\u2028', '%00-%2e%2e/..'];

test('40 a stream named like an attack is a stream like any other, and what it says stays text', async ({ openTab }) => {
  const tab = await openTab();
  for (const name of NAMES) {
    const seen = await tab.evaluate(async (name) => {
      await harness.open({ name: `of ${name}` });
      const { store } = harness;
      const event = { type: name, data: { [name]: name }, metadata: { userId: name, custom: { [name]: name } } };
      await store.appendToStream('Other-1', harness.NoStream, [{ type: 'Other', data: null }]);
      await store.appendToStream(name, harness.NoStream, [event]);
      const conflict = await harness.failure(store.appendToStream(name, harness.NoStream, [event]));
      const [loaded] = await store.loadStream(name);
      const { category } = harness.parseStreamId(name);
      const followed = await new Promise<{ id: string }>((resolve) => store.subscribeToCategory(category).subscribe(resolve));
      const streams = [];
      for await (const { streamId } of store.listStreams({ category })) streams.push(harness.streamIdToString(streamId));
      const exported = await new Response(store.exportEvents()).blob();
      await harness.open({ name: `copy of ${name}` });
      const imported = await harness.store.importEvents(exported);
      const [copy] = await harness.store.loadStream(name);
      return { loaded, copy, streams, imported, conflict: conflict.code, followed: followed.id === loaded!.id, pwned: 'pwned' in globalThis };
    }, name);
    const event = { type: name, data: { [name]: name }, metadata: { userId: name, custom: { [name]: name } }, version: 1, globalPosition: 2 };
    expect(seen).toMatchObject({ loaded: event, copy: event, streams: [name], imported: { imported: 2, skipped: 0 }, conflict: 'CONCURRENCY_CONFLICT', followed: true, pwned: false });
  }
});
