import { expect, onTestFinished, test } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { openDirectory } from './directory-of.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

/** Opens an empty log, and writes to it. */
async function expectEmptyLog(name: string): Promise<void> {
  onTestFinished(() => removeDatabase(name));
  const store = await openEventStore({ storage: sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker }) });
  expect(await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: {} }])).toMatchObject({ globalPosition: 1 });
  await store.close();
}

test('names that differ have logs that do, whatever they hold', async () => {
  const id = crypto.randomUUID();
  for (const name of [`${id} 19`, `${id}\u2019`, `${id}%0020`, `${id} `, `${id}A`, `${id}a`]) await expectEmptyLog(name);
});

test('files that were only begun to be made are made', async () => {
  const name = crypto.randomUUID();
  await (await openDirectory(name)).getFileHandle('first', { create: true });
  await expectEmptyLog(name);
});
