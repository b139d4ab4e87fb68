import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { Database } from './database.ts';
import { queryDatabase } from './query-database.ts';
import { SQLITE_CANTOPEN, SQLITE_FULL } from './driver.ts';
import { createWasmDriver, type WasmConnection } from './wasm-driver.ts';
import { startSqlite } from './wasm-sqlite.ts';
import { ShortWriteError } from './whole-commits.ts';

const LIMITS = { maxRows: 9, maxMs: 1_000 };

/** SQLite as in browsers, in memory. */
async function openMemory(connection: Partial<WasmConnection> = {}): Promise<Database> {
  const binary = await readFile(fileURLToPath(import.meta.resolve('@sqlite.org/sqlite-wasm/sqlite3.wasm')));
  const driver = createWasmDriver(await startSqlite(await WebAssembly.compile(binary)), { file: ':memory:', ...connection });
  onTestFinished(() => driver.close());
  return new Database(driver);
}

test('a text is the same after it was bound and read, whatever it begins with and holds', async () => {
  const texts = ['\ufeffname;city', 'a\0b', '\u{1f600}', ''];
  const { rows } = queryDatabase(await openMemory(), 'SELECT value FROM json_each(?) UNION ALL SELECT ?', [JSON.stringify(texts), '\ufeff'], LIMITS);
  expect(rows.flat()).toEqual([...texts, '\ufeff']);
});

test('a question that would write, whatever it begins with, is refused and changes nothing', async () => {
  const database = await openMemory();
  database.driver.exec('CREATE TABLE kept (n); INSERT INTO kept VALUES (1)');
  for (const sql of ['WITH a AS (SELECT 1) DELETE FROM kept RETURNING n', 'WITH a AS (SELECT 2) INSERT INTO kept SELECT * FROM a', 'SELECT 1; DELETE FROM kept', 'EXPLAIN PRAGMA query_only = off']) {
    expect(() => queryDatabase(database, sql, [], LIMITS)).toThrow(expect.objectContaining({ code: 'INVALID_QUERY' }));
  }
  expect(queryDatabase(database, 'SELECT n FROM kept', [], LIMITS).rows).toEqual([[1]]);
});

test('a value that SQLite does not take fails the statement, which is none the worse for it', async () => {
  const database = await openMemory();
  expect(() => database.run('SELECT ?', 1, 2)).toThrow('out of range');
  expect(database.run('SELECT ?', 3)).toBe(3);
});

test('what SQLite asks of its host is answered: the time, the local time, and memory', async () => {
  const database = await openMemory();
  const before = Math.floor(Date.now() / 1_000);
  expect(database.run("SELECT CAST(strftime('%s', 'now') AS INTEGER)")).toBeOneOf([before, before + 1]);
  for (const utc of ['2026-01-31T23:59:58Z', '2026-07-01T12:00:00Z', '1969-12-31T00:00:00Z']) {
    const date = new Date(utc);
    const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
    expect(database.run("SELECT strftime('%Y-%m-%dT%H:%M:%S', ?, 'localtime')", utc)).toBe(local);
  }
  const large = 'x'.repeat(40_000_000);
  expect(database.run('SELECT length(?)', large)).toBe(large.length);
  expect(() => database.run('SELECT zeroblob(1e9) || zeroblob(1e9)')).toThrow(/too big|out of memory/);
  expect(database.run('SELECT 1')).toBe(1);
});

test('a write that failed is told with the operation that it failed, not with a later one', async () => {
  let failure: unknown;
  const fail = (): unknown => (failure = new ShortWriteError('It wrote less.'));
  const takeFailure = (): unknown => {
    const taken = failure;
    failure = undefined;
    return taken;
  };
  const database = await openMemory({ takeFailure });
  const openMissing = (): void => database.driver.exec("ATTACH 'file:/missing.db?mode=rw' AS missing");
  fail();
  expect(openMissing).toThrow(expect.objectContaining({ resultCode: SQLITE_FULL }));
  // SQLite gets over one while it brings the log of writes into the file.
  for (const getOver of [() => database.driver.exec('SELECT 1'), () => database.run('SELECT 1')]) {
    fail();
    getOver();
    expect(openMissing).toThrow(expect.objectContaining({ resultCode: SQLITE_CANTOPEN }));
  }
});

test('what cannot be exported is an error', async () => {
  const { driver } = await openMemory();
  driver.exec("CREATE TABLE kept (n); PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = 'CREATE broken'; PRAGMA writable_schema = reset");
  expect(() => driver.export()).toThrow('malformed');
});
