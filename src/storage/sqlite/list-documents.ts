import type { DocumentPage, DocumentRange, IndexValue } from '../storage.ts';
import type { Database } from './database.ts';
import { toColumn } from './documents.ts';
import { fromSortable, toSortable } from './sortable-text.ts';

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

/** A page by an index is one state: where it ends may be read once more. */
export function listDocuments(database: Database, range: DocumentRange): DocumentPage {
  return range.index === undefined ? list(database, range) : database.snapshot(() => list(database, range));
}

function list(database: Database, { collection, index, lower, upper, after, direction, limit }: DocumentRange): DocumentPage {
  const sql = listSql(index !== undefined, direction === 'forwards' ? 'ASC' : 'DESC', after !== undefined);
  const where = toSortable(collection);
  const name = index === undefined ? null : toSortable(index);
  const key = after && toSortable(after.key);
  const rows = database.json<[key: string, data: string, value: IndexValue][]>(
    sql,
    where,
    name,
    toColumn(lower),
    toColumn(upper),
    toColumn(index === undefined ? key : after?.value),
    key ?? null,
    limit + 1,
  )!;
  const documents = rows.slice(0, limit).map(([row, data]) => ({ key: fromSortable(row), data }));
  const last = rows[limit - 1];
  if (rows.length <= limit || !last) return { documents, next: undefined };
  const next = { key: documents.at(-1)!.key };
  if (name === null) return { documents, next };
  if (typeof last[2] === 'string') return { documents, next: { ...next, value: fromSortable(last[2]) } };
  // By itself: in JSON, SQLite before 3.52 rounds a number to 15 digits, and the next page would begin before this one's end.
  const value = database.run('SELECT value FROM document_indexes WHERE collection = ? AND name = ? AND key = ?', where, name, last[0]) as number;
  return { documents, next: { ...next, value } };
}
