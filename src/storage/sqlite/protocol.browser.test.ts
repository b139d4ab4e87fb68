import { expect, onTestFinished, test } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { PROTOCOL, channelOf, channelOfTab } from './protocol.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

const storageOf = (name: string) => sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker });
const openOn = (name: string) => openEventStore({ storage: storageOf(name) });

function openChannel(name: string): BroadcastChannel {
  const channel = new BroadcastChannel(name);
  onTestFinished(() => channel.close());
  return channel;
}

test('whoever has the database answers requests of its protocol, refusals by their code, and nothing else', async () => {
  const name = `protocol-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const store = await openOn(name);
  const tab = crypto.randomUUID();
  const [all, own] = [openChannel(channelOf(name)), openChannel(channelOfTab(tab))];
  const answers: unknown[] = [];
  const opened = new Promise<void>((resolve) => (own.onmessage = ({ data }) => void (data.is === 'open' ? resolve() : answers.push(data))));
  // The owner may not hear the first one yet: it tells when it does.
  const greet = (): void => all.postMessage({ protocol: PROTOCOL, is: 'hello', tab, durability: 'relaxed' });
  all.onmessage = ({ data }) => void (data.is === 'owner' && greet());
  greet();
  await opened;

  const request = { protocol: PROTOCOL, is: 'request', id: 1, operation: 'head', values: [] };
  const others = [null, 7, 'head', [], {}, { ...request, protocol: PROTOCOL - 1 }, { ...request, id: '1' }, { ...request, operation: 'constructor' }, { ...request, values: [1] }, { ...request, operation: 'commit', values: ['x'] }];
  for (const other of others) for (const channel of [all, own]) channel.postMessage(other);
  own.postMessage({ ...request, id: 2, operation: 'query', values: ['DELETE FROM log_events', [], { maxRows: 1, maxMs: 1 }] });
  own.postMessage({ ...request, id: 3 });
  await expect.poll(() => answers, { timeout: 10_000 }).toMatchObject([{ is: 'refusal', id: 2, error: { code: 'INVALID_QUERY' } }, { is: 'answer', id: 3, value: 0 }]);

  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }]);
  expect(await store.loadStream('Order-1')).toHaveLength(1);
  await store.close();
});

test('a tab with a newer protocol makes those before it end with VERSION_TOO_NEW, and lets go of the database', async () => {
  const name = `newer-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const storage = storageOf(name);
  const store = await openEventStore({ storage });
  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }]);
  openChannel(channelOf(name)).postMessage({ protocol: PROTOCOL + 1, is: 'hello', tab: crypto.randomUUID(), durability: 'relaxed' });
  await expect.poll(() => store.head().then(() => 'open', ({ code }) => code as unknown), { timeout: 10_000 }).toBe('VERSION_TOO_NEW');

  const next = await openEventStore({ storage });
  expect(await next.loadStream('Order-1')).toHaveLength(1);
  expect((await storage.query('SELECT count(*) FROM events')).rows).toEqual([[1]]);
  await next.close();
});

test('a tab with an older protocol is told of the newer one', async () => {
  const name = `older-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const store = await openOn(name);
  const tab = crypto.randomUUID();
  const [all, own] = [openChannel(channelOf(name)), openChannel(channelOfTab(tab))];
  const told = new Promise((resolve) => (own.onmessage = ({ data }) => resolve(data)));
  // The owner may not hear the first one yet.
  const greeting = setInterval(() => all.postMessage({ protocol: PROTOCOL - 1, is: 'hello', tab, durability: 'relaxed' }), 50);
  expect(await told).toMatchObject({ protocol: PROTOCOL });
  clearInterval(greeting);
  await store.close();
});

test('a page that sleeps takes leave, and is served again when it is awake', async () => {
  const name = `sleeping-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const store = await openOn(name);
  const heard: string[] = [];
  openChannel(channelOf(name)).onmessage = ({ data }) => void heard.push(data.is);
  dispatchEvent(new Event('pagehide'));
  const head = store.head();
  await expect.poll(() => heard).toContain('bye');
  dispatchEvent(new Event('pageshow'));
  expect(await head).toMatchObject({ position: 0 });
  await store.close();
});

test('a tab that is left alone with the database and cannot start a worker gets STORAGE_BLOCKED, and is served when another one can', async () => {
  const name = `alone-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const first = await openOn(name);
  const createWorker = (): Worker => {
    throw new DOMException('offline', 'NetworkError');
  };
  const store = await openEventStore({ storage: sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker, blockedAfterMs: 1_500 }) });
  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }]);
  await first.close();
  await expect(store.head()).rejects.toMatchObject({ code: 'STORAGE_BLOCKED', written: 'no' });
  const next = await openOn(name);
  await expect.poll(() => store.head().catch(({ code }) => code as unknown), { timeout: 10_000 }).toMatchObject({ position: 1 });
  await store.close();
  await next.close();
});
