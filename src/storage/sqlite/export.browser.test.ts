import initSqlite from '@sqlite.org/sqlite-wasm';
import { expect, onTestFinished, test } from 'vitest';
import { AnyVersion } from '../../event/version.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { removeDatabase } from './remove-database.test-fixture.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { borrowWorker } from './worker-pool.test-fixture.ts';

const loading = initSqlite();

/** What SQLite, in memory, finds in a file. */
async function lookInto(file: Uint8Array): Promise<{ integrity: unknown; events: number; last: unknown }> {
  const { capi, oo1, wasm } = await loading;
  const database = new oo1.DB(':memory:');
  try {
    const bytes = wasm.allocFromTypedArray(file);
    database.checkRc(capi.sqlite3_deserialize(database, 'main', bytes, file.length, file.length, capi.SQLITE_DESERIALIZE_FREEONCLOSE));
    return {
      integrity: database.selectValue('PRAGMA integrity_check'),
      events: Number(database.selectValue('SELECT count(*) FROM events')),
      last: database.selectValue("SELECT data ->> 'n' FROM events ORDER BY global_position DESC LIMIT 1"),
    };
  } finally {
    database.close();
  }
}

test('what is exported while appends go on, in the tab that has the file and through it, is a whole database', async () => {
  const name = `export-${crypto.randomUUID()}`;
  onTestFinished(() => removeDatabase(name));
  const storage = sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: borrowWorker });
  const store = await openEventStore({ storage });
  const through = sqliteStorage({ name, persist: false, durability: 'relaxed', createWorker: () => expect.fail('Another one has the file.') });
  const reader = await openEventStore({ storage: through });

  let appended = 0;
  const append = async (count: number): Promise<void> => {
    await store.appendToStream('Order-1', AnyVersion, Array.from({ length: count }, (_, i) => ({ type: 'Noted', data: { n: appended + i + 1 } })));
    appended += count;
  };
  await append(500);
  let stopped = false;
  const appending = (async () => {
    while (!stopped) await append(1);
  })();
  for (const exporter of [storage, through]) {
    const before = appended;
    await expect.poll(() => appended).toBeGreaterThan(before);
    const from = appended;
    const { integrity, events, last } = await lookInto(await exporter.export());
    expect({ integrity, last }).toEqual({ integrity: 'ok', last: events });
    expect(events).toBeGreaterThanOrEqual(from);
    // The one that is on its way may be in it.
    expect(events).toBeLessThanOrEqual(appended + 1);
  }
  stopped = true;
  await appending;
  expect((await lookInto(await through.export())).events).toBe(appended);
  await reader.close();
  await store.close();
});
