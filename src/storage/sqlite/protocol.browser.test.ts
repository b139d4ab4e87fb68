import { expect, onTestFinished, test } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { PROTOCOL, channelOf, channelOfTab } from './protocol.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

const openOn = (name: string) => openEventStore({ storage: sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker }) });

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
  const store = await openOn(name);
  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }]);
  openChannel(channelOf(name)).postMessage({ protocol: PROTOCOL + 1, is: 'hello', tab: crypto.randomUUID(), durability: 'relaxed' });
  await expect.poll(() => store.head().then(() => 'open', ({ code }) => code as unknown), { timeout: 10_000 }).toBe('VERSION_TOO_NEW');

  const next = await openOn(name);
  expect(await next.loadStream('Order-1')).toHaveLength(1);
  await next.close();
});
