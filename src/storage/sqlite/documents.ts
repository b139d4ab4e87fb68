import type { DocumentKey, DocumentWrites } from '../storage.ts';
import type { Database } from './database.ts';
import { fromSortable, toSortable } from './sortable-text.ts';
import type { DocumentPage, DocumentRange, IndexValue } from '../storage.ts';

const GET = 'SELECT data FROM documents WHERE collection = ? AND key = ?';

export function getDocuments(database: Database, keys: readonly DocumentKey[]): (string | undefined)[] {
  return database.transaction(() => keys.map((key) => getDocument(database, key)));
}

function getDocument(database: Database, { collection, key }: DocumentKey): string | undefined {
  return database.run(GET, toSortable(collection), toSortable(key)) as string | undefined;
}

/** The first document that is not as it was expected, undefined when all are; in a transaction of the caller's. */
export function findUnexpected(database: Database, { expect = [] }: DocumentWrites): DocumentKey | undefined {
  return expect.find((expected) => getDocument(database, expected) !== expected.data);
}

/** Writes without looking at what is expected, in a transaction of the caller's. */
export function putDocuments(database: Database, { puts = [], deletes = [] }: DocumentWrites): void {
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
}

/** @param retry an earlier try may have been written: then what is there is what was to be written */
export function writeDocuments(database: Database, writes: DocumentWrites, retry: boolean): boolean {
  return database.transaction(() => {
    if (findUnexpected(database, writes)) return retry && isWritten(database, writes);
    putDocuments(database, writes);
    return true;
  });
}

function isWritten(database: Database, { puts = [], deletes = [] }: DocumentWrites): boolean {
  return puts.every((put) => getDocument(database, put) === put.data) && deletes.every((key) => getDocument(database, key) === undefined);
}

export function clearDocuments(database: Database, collection: string): void {
  database.transaction(() => {
    database.run('DELETE FROM document_indexes WHERE collection = ?', toSortable(collection));
    database.run('DELETE FROM documents WHERE collection = ?', toSortable(collection));
  });
}

/** Rows after the cursor, in the order of `value, key`; `?2` to `?5` are bounds and cursor, null when there is none. */
function listSql(index: boolean, order: 'ASC' | 'DESC', cursor: boolean): string {
  const value = index ? 'i.value' : 'd.key';
  const from = index ? 'document_indexes i CROSS JOIN documents d ON d.collection = i.collection AND d.key = i.key' : 'documents d';
  const beyond = order === 'ASC' ? '>' : '<';
  return `
    SELECT json_group_array(json(row)) FROM (
      SELECT json_array(d.key, d.data, ${value}) AS row FROM ${from}
      WHERE ${index ? 'i.collection = ?1 AND i.name = ?2' : 'd.collection = ?1 AND ?2 IS NULL'}
      AND (?3 IS NULL OR ${value} >= ?3) AND (?4 IS NULL OR ${value} <= ?4)
      ${cursor ? `AND (${value}, d.key) ${beyond} (?5, ?6)` : 'AND ?5 IS NULL AND ?6 IS NULL'}
      ORDER BY ${value} ${order}, d.key ${order} LIMIT ?7
    )`;
}

export function listDocuments(database: Database, range: DocumentRange): DocumentPage {
  const { collection, index, lower, upper, after, direction, limit } = range;
  const sql = listSql(index !== undefined, direction === 'forwards' ? 'ASC' : 'DESC', after !== undefined);
  const key = after && toSortable(after.key);
  const rows = database.json<[key: string, data: string, value: IndexValue][]>(
    sql,
    toSortable(collection),
    index === undefined ? null : toSortable(index),
    toColumn(lower),
    toColumn(upper),
    toColumn(index === undefined ? key : after?.value),
    key ?? null,
    limit + 1,
  )!;
  const documents = rows.slice(0, limit).map(([name, data]) => ({ key: fromSortable(name), data }));
  const last = rows[limit - 1];
  if (rows.length <= limit || !last) return { documents, next: undefined };
  const value = typeof last[2] === 'string' ? fromSortable(last[2]) : last[2];
  return { documents, next: { key: documents.at(-1)!.key, ...(index !== undefined && { value }) } };
}

function toColumn(value: IndexValue | undefined): IndexValue | null {
  return typeof value === 'string' ? toSortable(value) : (value ?? null);
}
