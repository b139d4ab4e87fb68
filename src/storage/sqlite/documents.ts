import { DocumentConflictError, StorageBlockedError } from '../../event/errors.ts';
import type { Append, DocumentAndTableWrites, DocumentKey, IndexValue } from '../storage.ts';
import { UNCERTAIN_WRITE } from '../uncertain-write.ts';
import type { Database } from './database.ts';
import { toSortable } from './sortable-text.ts';
import { writeTables } from './write-tables.ts';

const GET = 'SELECT data FROM documents WHERE collection = ? AND key = ?';

export function getDocuments(database: Database, keys: readonly DocumentKey[]): (string | undefined)[] {
  return database.snapshot(() => keys.map((key) => getDocument(database, key)));
}

function getDocument(database: Database, { collection, key }: DocumentKey): string | undefined {
  return database.run(GET, toSortable(collection), toSortable(key)) as string | undefined;
}

/** Writes in a transaction of the caller's, or nothing when one is not as expected. @returns that one's key */
function write(database: Database, { expect = [], puts = [], deletes = [], tables }: DocumentAndTableWrites): DocumentKey | undefined {
  const conflict = expect.find((expected) => getDocument(database, expected) !== expected.data);
  if (conflict) return conflict;
  for (const { collection, key } of [...puts, ...deletes]) {
    database.run('DELETE FROM document_indexes WHERE collection = ? AND key = ?', toSortable(collection), toSortable(key));
  }
  for (const { collection, key } of deletes) database.run('DELETE FROM documents WHERE collection = ? AND key = ?', toSortable(collection), toSortable(key));
  for (const { collection, key, data, indexes = {} } of puts) {
    const [where, name] = [toSortable(collection), toSortable(key)];
    database.run('INSERT OR REPLACE INTO documents VALUES (?, ?, ?)', where, name, data);
    for (const [index, value] of Object.entries(indexes)) {
      database.run('INSERT INTO document_indexes VALUES (?, ?, ?, ?)', where, toSortable(index), toColumn(value), name);
    }
  }
  if (tables) writeTables(database, tables);
  return undefined;
}

/** Writes the documents of an append that is about to be accepted, or says why they refuse it. */
export function writeWithAppend(database: Database, { documents }: Append, tail: number): DocumentConflictError | undefined {
  if (!documents) return undefined;
  const { position = tail + 1 } = documents;
  const conflict = position === tail + 1 ? write(database, documents) : { collection: '', key: '' };
  return conflict && new DocumentConflictError(conflict.collection, conflict.key);
}

/**
 * @param strict durably, also where the storage itself is relaxed
 * @param retry an earlier try may have been written: then what is there is what was to be written
 * @throws {StorageBlockedError} when it is a retry, and nothing tells whether the earlier try was written
 */
export function writeDocuments(database: Database, writes: DocumentAndTableWrites, strict: boolean, retry: boolean): boolean {
  const usual = database.run('PRAGMA synchronous') as number;
  if (strict) database.driver.exec('PRAGMA synchronous = full');
  try {
    return database.transaction(() => {
      if (!write(database, writes)) return true;
      if (retry && !isWritten(database, writes)) throw new StorageBlockedError(UNCERTAIN_WRITE, 'unknown');
      return retry;
    });
  } finally {
    if (strict) database.driver.exec(`PRAGMA synchronous = ${usual}`);
  }
}

function isWritten(database: Database, { puts = [], deletes = [] }: DocumentAndTableWrites): boolean {
  return puts.every((put) => getDocument(database, put) === put.data) && deletes.every((key) => getDocument(database, key) === undefined);
}

export function clearDocuments(database: Database, collection: string): void {
  database.erasing(() => {
    database.run('DELETE FROM document_indexes WHERE collection = ?', toSortable(collection));
    database.run('DELETE FROM documents WHERE collection = ?', toSortable(collection));
  });
}

/** Text is in the order of its UTF-16 units. */
export function toColumn(value: IndexValue | undefined): IndexValue | null {
  return typeof value === 'string' ? toSortable(value) : (value ?? null);
}
