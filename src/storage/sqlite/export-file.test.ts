import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-exports-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([':memory:', join(folder, 'log.db')])('what is exported from %s is a whole database in one file, and opens as the same log', async (file) => {
  const storage = sqliteStorage({ name: 'shop', file });
  const store = await openEventStore({ storage });
  await store.appendToStream('Order-1', 0, Array.from({ length: 500 }, (_, n) => ({ type: 'Noted', data: { n } })));
  await store.appendToStream('Order-2', 0, [{ type: 'OrderPlaced', data: { total: 2 } }]);
  // What it is exported from has these in its log of writes.
  expect(existsSync(`${file}-wal`)).toBe(file !== ':memory:');

  const exported = join(folder, `${crypto.randomUUID()}.db`);
  writeFileSync(exported, await storage.export());
  const other = sqliteStorage({ name: 'copy', file: exported });
  expect((await other.query('SELECT * FROM pragma_integrity_check')).rows).toEqual([['ok']]);
  const copy = await openEventStore({ storage: other });
  expect(await copy.head()).toEqual(await store.head());
  for (const stream of ['Order-1', 'Order-2']) expect(await copy.loadStream(stream)).toEqual(await store.loadStream(stream));
  await copy.appendToStream('Order-2', 1, [{ type: 'OrderPaid', data: null }]);
  await store.appendToStream('Order-2', 1, [{ type: 'OrderShipped', data: null }]);
  await Promise.all([store.close(), copy.close()]);
});
