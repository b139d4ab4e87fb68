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
