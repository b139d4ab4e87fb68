import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { openEventStore } from '../../store/open-event-store.ts';
import { openBetterSqlite } from './better-sqlite-driver.ts';
import { sqliteStorage } from './node-sqlite-storage.ts';
import { openDatabase } from './open-database.ts';
import { migrations } from './schema.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-open-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file with a log of one event. */
async function createLog(name: string): Promise<{ file: string; epoch: string }> {
  const file = join(folder, `${name}.db`);
  const store = await openEventStore({ storage: sqliteStorage({ name, file }) });
  await store.appendToStream('Order-1', 0, [{ type: 'OrderPlaced', data: { total: 20 } }]);
  const { epoch } = await store.head();
  await store.close();
  return { file, epoch };
}

/** Opens it with other steps, and closes it again. */
function openWith(file: string, steps: readonly string[]): string {
  const driver = openBetterSqlite(file, 0);
  try {
    return openDatabase(driver, { name: 'shop', durability: 'strict', exclusive: false, migrations: steps }).epoch;
  } finally {
    driver.close();
  }
}

function ask(file: string, sql: string): unknown {
  const database = new Sqlite(file);
  const answer = database.prepare(sql).raw().get();
  database.close();
  return answer;
}

const MORE = 'CREATE TABLE more (n INTEGER); INSERT INTO more VALUES (1);';

test('a log of an older version gets the steps that it lacks, once, and keeps what it holds', async () => {
  const { file, epoch } = await createLog('older');
  for (let again = 0; again < 2; again++) expect(openWith(file, [...migrations, MORE])).toBe(epoch);
  expect(ask(file, 'SELECT user_version, (SELECT count(*) FROM more), (SELECT count(*) FROM events) FROM pragma_user_version')).toEqual([migrations.length + 1, 1, 1]);
});

test('a step that fails takes back those before it, and the log opens as it was', async () => {
  const { file, epoch } = await createLog('failing');
  expect(() => openWith(file, [...migrations, MORE, 'CREATE TABLE log_meta (n INTEGER);'])).toThrow('log_meta');
  expect(ask(file, "SELECT user_version, (SELECT count(*) FROM sqlite_schema WHERE name = 'more') FROM pragma_user_version")).toEqual([migrations.length, 0]);
  expect(openWith(file, migrations)).toBe(epoch);
});

test('a log of a newer version is VERSION_TOO_NEW, and stays as it is', async () => {
  const { file } = await createLog('newer');
  openWith(file, [...migrations, MORE]);
  await expect(openEventStore({ storage: sqliteStorage({ name: 'newer', file }) })).rejects.toMatchObject({ code: 'VERSION_TOO_NEW' });
  expect(ask(file, 'SELECT user_version, (SELECT count(*) FROM events) FROM pragma_user_version')).toEqual([migrations.length + 1, 1]);
});

test('a file that another process makes a log of meanwhile is that log', () => {
  const file = join(folder, 'meanwhile.db');
  const driver = openBetterSqlite(file, 10_000);
  let other: string | undefined;
  const prepare: typeof driver.prepare = (sql) => {
    const statement = driver.prepare(sql);
    return (...values) => {
      const value = statement(...values);
      if (/application_id|sqlite_schema/.test(sql)) other ??= openWith(file, migrations);
      return value;
    };
  };
  expect(openDatabase({ ...driver, prepare }, { name: 'shop', durability: 'strict', exclusive: false }).epoch).toBe(other);
  driver.close();
});

test('a file of another application is STORAGE_UNAVAILABLE, and stays as it is to the byte', async () => {
  const file = join(folder, 'theirs.db');
  new Sqlite(file).exec('CREATE TABLE theirs (n INTEGER); INSERT INTO theirs VALUES (7);').close();
  const before = readFileSync(file);
  await expect(openEventStore({ storage: sqliteStorage({ name: 'theirs', file }) })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  expect(readFileSync(file).equals(before)).toBe(true);
});
