import type { ReadRange } from '../storage.ts';
import type { Database } from './database.ts';
import type { PageText } from './page-text.ts';
import { readTail } from './read-state.ts';
import { toSortable } from './sortable-text.ts';

/** A page holds no more of the events' text than this, in UTF-16 units, a single larger batch aside. */
const MAX_PAGE_UNITS = 1024 * 1024;

/** Pages of a log are found by position, those of a stream by version. */
type Place = 'position' | 'version';

/** The batches that `where` chooses, in the order of the direction, as a `PageText`. */
function pageSql(place: Place, order: 'ASC' | 'DESC', where: string): string {
  return `
    SELECT group_concat(line, char(10)) FROM (
      SELECT json_array(b.position, coalesce(s.plain_name, s.name), b.version, b.count, b.timestamp, hex(b.id_base)) || char(10) || coalesce('[' || (
        SELECT group_concat(json(event)) FROM (SELECT event FROM log_events WHERE position >= b.position AND position < b.position + b.count ORDER BY position)
      ) || ']', '') AS line
      FROM (SELECT *, sum(size) OVER (ORDER BY ${place} ${order}) - size AS before FROM log_batches WHERE ${where}) b
      LEFT JOIN log_streams s ON s.id = b.stream
      WHERE before <= ${MAX_PAGE_UNITS}
      ORDER BY b.${place} ${order}
    )`;
}

const LOG_FORWARDS = pageSql('position', 'ASC', 'position >= ?1 AND position < ?2');
const LOG_BACKWARDS = pageSql('position', 'DESC', 'position <= ?1 AND position > ?1 - ?2 - 256 AND position + count > ?1 - ?2 + 1');
const STREAM_FORWARDS = pageSql('version', 'ASC', 'stream = ?1 AND version >= ?2 AND version < ?3');
const STREAM_BACKWARDS = pageSql('version', 'DESC', 'stream = ?1 AND version <= ?2 AND version > ?2 - ?3 - 256 AND version + count > ?2 - ?3 + 1');

/** The batches that hold events with a correlation id, by its index. */
const correlatedSql = (order: 'ASC' | 'DESC', from: string): string =>
  pageSql('position', order, `position IN (SELECT position - place FROM log_events WHERE correlation_id = ?1 AND position ${from} ?2 ORDER BY position ${order} LIMIT ?3)`);
const CORRELATED_FORWARDS = correlatedSql('ASC', '>=');
const CORRELATED_BACKWARDS = correlatedSql('DESC', '<=');
/** What SQL takes for another text than JSON does. */
const UNEQUAL_IN_SQL = /[\0\p{Surrogate}]/u;

/** The page, and how far there is anything: the last position, or the version of the stream. */
export interface RawPage {
  readonly text: PageText;
  readonly end: number;
}

/** Where a page begins: at the batch that holds the position, or else at the next one in the direction. There may be gaps. */
const FIRST = `
  SELECT coalesce(
    (SELECT position FROM (SELECT position, count FROM log_batches WHERE position <= ?1 ORDER BY position DESC LIMIT 1) WHERE position + count > ?1),
    (SELECT position FROM log_batches WHERE position > ?1 ORDER BY position LIMIT 1))`;
const LAST = 'SELECT position + count - 1 FROM log_batches WHERE position <= ? ORDER BY position DESC LIMIT 1';

export function readAll(database: Database, { from, limit, direction, correlationId }: ReadRange): RawPage {
  const end = readTail(database);
  const start = Math.min(from, Number.MAX_SAFE_INTEGER);
  if (correlationId !== undefined && !UNEQUAL_IN_SQL.test(correlationId)) {
    const sql = direction === 'forwards' ? CORRELATED_FORWARDS : CORRELATED_BACKWARDS;
    return { text: (database.run(sql, correlationId, start, limit) as string | null) ?? '', end };
  }
  const place = database.run(direction === 'forwards' ? FIRST : LAST, start) as number | null | undefined;
  let text: unknown = '';
  if (typeof place === 'number') {
    text = direction === 'forwards' ? database.run(LOG_FORWARDS, place, Math.max(start, place) + limit) : database.run(LOG_BACKWARDS, Math.min(start, place), limit);
  }
  return { text: (text as string | null) ?? '', end };
}

/** Where a page of a stream begins: at the batch that holds the version, or the first after it. */
const STREAM = `
  SELECT json_array(id, version, deleted, coalesce(
    (SELECT version FROM log_batches b WHERE b.stream = s.id AND b.version <= ?2 AND b.version + b.count > ?2 ORDER BY version DESC LIMIT 1),
    (SELECT version FROM log_batches b WHERE b.stream = s.id AND b.version > ?2 ORDER BY version LIMIT 1)
  ), (SELECT version + count - 1 FROM log_batches b WHERE b.stream = s.id AND b.version <= ?2 ORDER BY version DESC LIMIT 1))
  FROM log_streams s WHERE name = ?1`;

export function readStream(database: Database, stream: string, { from, limit, direction }: ReadRange): RawPage {
  const found = database.json<[number, number, number, number | null, number | null]>(STREAM, toSortable(stream), Math.min(from, Number.MAX_SAFE_INTEGER));
  if (!found) return { text: '', end: 0 };
  const [id, end, deleted, first, last] = found;
  let text;
  if (deleted) text = database.run(STREAM_BACKWARDS, id, end, 1);
  else if (direction === 'backwards') text = database.run(STREAM_BACKWARDS, id, Math.min(from, last ?? 0), limit);
  else text = first === null ? '' : database.run(STREAM_FORWARDS, id, first, Math.max(from, first) + limit);
  return { text: (text as string | null) ?? '', end };
}
