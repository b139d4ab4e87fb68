import { expect, onTestFinished, test } from 'vitest';
import { openBetterSqlite } from './better-sqlite-driver.ts';
import { getDocuments, writeDocuments } from './documents.ts';
import { openDatabase } from './open-database.ts';

const key = { collection: 'cards', key: 'a' };

test.each([
  ['is as expected', undefined, true, '1'],
  ['is as it was to be written', '1', true, '1'],
  ['is neither, so that it may have been written or not', '2', 'STORAGE_BLOCKED', '2'],
] as const)('a write whose answer was lost is repeated: of a document that %s', (_, found, outcome, after) => {
  const driver = openBetterSqlite(':memory:', 0);
  onTestFinished(() => driver.close());
  const { database } = openDatabase(driver, { name: 'shop', durability: 'strict', exclusive: false });
  if (found) writeDocuments(database, { puts: [{ ...key, data: found }] }, false, false);
  const writes = { expect: [{ ...key, data: undefined }], puts: [{ ...key, data: '1' }] };
  // The first try says for certain that it wrote nothing.
  if (found) expect(writeDocuments(database, writes, false, false)).toBe(false);
  const repeat = (): boolean => writeDocuments(database, writes, false, true);
  if (outcome === true) expect(repeat()).toBe(true);
  else expect(repeat).toThrow(expect.objectContaining({ code: outcome, written: 'unknown' }));
  expect(getDocuments(database, [key])).toEqual([after]);
});
