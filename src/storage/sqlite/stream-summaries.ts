import type { StreamSummary } from '../storage.ts';
import type { Database } from './database.ts';
import { toSortable } from './sortable-text.ts';

const SUMMARY = "json_object('stream', coalesce(plain_name, name), 'version', version, 'deleted', json(iif(deleted, 'true', 'false')))";

export function streamInfo(database: Database, stream: string): StreamSummary | undefined {
  return database.json(`SELECT ${SUMMARY} FROM log_streams WHERE name = ?`, toSortable(stream));
}

export interface StreamRange {
  readonly category: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Names are in the order of their UTF-16 units, see `toSortable`; "." is the character after "-". */
const LIST = `
  SELECT json_group_array(json(summary)) FROM (SELECT ${SUMMARY} AS summary FROM log_streams WHERE name > ?1 AND name < ?2 ORDER BY name LIMIT ?3)`;

export function listStreams(database: Database, { category, after, limit }: StreamRange): StreamSummary[] {
  const from = after ?? (category === undefined ? '' : `${category}-`);
  const before = category === undefined ? '\u{20000}' : toSortable(`${category}.`);
  return database.json(LIST, toSortable(from), before, limit)!;
}
