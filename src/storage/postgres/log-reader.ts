import type { EventBatch } from '../../event/event-batch.ts';
import type { Page, ReadRange, StreamSummary } from '../storage.ts';
import type { SqlRow } from './client.ts';
import type { Connection } from './connection.ts';
import { LAST_ORDERED, toOrderedText, toStorableText } from './escape-text.ts';
import { EVENT_COLUMNS, erasedBatch, toBatches, toEventRow, type EventRow } from './event-rows.ts';

/** A page ends after so many bytes, as they are stored, even if it has fewer events. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** Reads the log in bounded pages, one statement each, which also makes sure that it is still the same log. */
export class LogReader {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async head(): Promise<number> {
    const { schema, tenant } = this.#connection;
    const [row] = await this.#connection.read(`SELECT epoch, position::float8 AS head FROM ${schema}.logs WHERE tenant = $1`, [tenant]);
    return Number(row!['head']);
  }

  async readAll({ from, limit, direction, correlationId }: ReadRange): Promise<Page> {
    const { schema, tenant } = this.#connection;
    const forwards = direction === 'forwards';
    const rows = await this.#connection.read(
      `SELECT l.epoch, l.position::float8 AS head, e.found::float8 AS found, ${EVENT_COLUMNS} FROM ${schema}.logs l LEFT JOIN LATERAL (${page(schema, 'position', '$2::bigint', forwards, correlationId === undefined ? '' : 'AND e.correlation_id = $4')}) e ON true WHERE l.tenant = $1`,
      [tenant, place(from), limit, ...(correlationId === undefined ? [] : [toStorableText(correlationId)])],
    );
    const head = Number(rows[0]!['head']);
    const events = eventsOf(rows);
    const isLast = reachesEnd(rows, limit);
    // All others are left out: nothing is known of the positions between.
    const fill = correlationId === undefined ? withErased : (batches: EventBatch[]) => batches;
    // Positions without a row, up to the next one or to the end of the log, are those of erased events.
    if (forwards) {
      const end = isLast ? head : events.at(-1)!.position;
      return { batches: fill(toBatches(events), from, end), next: end < head ? end + 1 : undefined };
    }
    const start = isLast ? 1 : events[0]!.position;
    return { batches: fill(toBatches(events), start, Math.min(from, head)).reverse(), next: start > 1 ? start - 1 : undefined };
  }

  async readStream(stream: string, { from, limit, direction }: ReadRange): Promise<Page> {
    const { schema, tenant } = this.#connection;
    const forwards = direction === 'forwards';
    // All that a deleted stream has is its tombstone, wherever it is read from.
    const bound = `CASE WHEN s.deleted THEN ${forwards ? 0 : Number.MAX_SAFE_INTEGER} ELSE $2::bigint END`;
    const rows = await this.#connection.read(
      `SELECT l.epoch, s.version::float8 AS head, e.found::float8 AS found, ${EVENT_COLUMNS} FROM ${schema}.logs l LEFT JOIN ${schema}.streams s ON s.tenant = $1 AND s.name_order = $4
       LEFT JOIN LATERAL (${page(schema, 'version', bound, forwards, 'AND e.stream = $5')}) e ON true WHERE l.tenant = $1`,
      [tenant, place(from), limit, toOrderedText(stream), stream],
    );
    const events = eventsOf(rows);
    const batches = toBatches(events);
    if (reachesEnd(rows, limit)) return { batches: forwards ? batches : batches.reverse(), next: undefined };
    if (!forwards) return { batches: batches.reverse(), next: events[0]!.version > 1 ? events[0]!.version - 1 : undefined };
    const last = events.at(-1)!.version;
    return { batches, next: last < Number(rows[0]!['head']) ? last + 1 : undefined };
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    const { schema, tenant } = this.#connection;
    const [row] = await this.#connection.read(
      `SELECT l.epoch, s.stream, s.version::float8 AS version, s.deleted FROM ${schema}.logs l LEFT JOIN ${schema}.streams s ON s.tenant = $1 AND s.name_order = $2 WHERE l.tenant = $1`,
      [tenant, toOrderedText(stream)],
    );
    return summariesOf([row!])[0];
  }

  async listStreams(range: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]> {
    const { schema, tenant } = this.#connection;
    const { category, after, limit } = range;
    // "." is the character after "-".
    const lower = after ?? (category === undefined ? '' : `${category}-`);
    const upper = category === undefined ? LAST_ORDERED : toOrderedText(`${category}.`);
    const rows = await this.#connection.read(
      `SELECT l.epoch, s.stream, s.version::float8 AS version, s.deleted FROM ${schema}.logs l LEFT JOIN LATERAL (
         SELECT * FROM ${schema}.streams s WHERE s.tenant = $1 AND s.name_order > $2 AND s.name_order < $3 ORDER BY s.name_order LIMIT $4::integer
       ) s ON true WHERE l.tenant = $1 ORDER BY s.name_order`,
      [tenant, toOrderedText(lower), upper, limit],
    );
    return summariesOf(rows);
  }
}

/** The tenant's ($1) events up or down from `bound`: at most $3 of them, which are `found`, and only the first of these when they are large. */
function page(schema: string, place: 'position' | 'version', bound: string, forwards: boolean, more = ''): string {
  const [compare, order] = forwards ? ['>=', `e.${place}`] : ['<=', `e.${place} DESC`];
  return `SELECT * FROM (
      SELECT e.*, count(*) OVER () AS found, sum(pg_column_size(e.data)) OVER (ORDER BY ${order}) - pg_column_size(e.data) AS bytes_before
      FROM (SELECT * FROM ${schema}.events e WHERE e.tenant = $1 AND e.${place} ${compare} ${bound} ${more} ORDER BY ${order} LIMIT $3::integer) e
    ) e WHERE e.bytes_before < ${MAX_PAGE_BYTES}`;
}

/**
 * In the order of the log; a log without events gives one row all the same, with the epoch. Sorted here: the server would
 * sort whole events, on disk when they are large.
 */
function eventsOf(rows: readonly SqlRow[]): EventRow[] {
  return rows.filter((row) => row['event_id'] !== null).map(toEventRow).sort((a, b) => a.position - b.position);
}

function reachesEnd(rows: readonly SqlRow[], limit: number): boolean {
  const found = Number(rows[0]!['found'] ?? 0);
  return found < limit && rows.length >= found;
}

/** Fills the gaps between `start` and `end`. */
function withErased(batches: readonly EventBatch[], start: number, end: number): EventBatch[] {
  const filled: EventBatch[] = [];
  let next = start;
  for (const batch of batches) {
    if (batch.position > next) filled.push(erasedBatch(next, batch.position - next));
    filled.push(batch);
    next = batch.position + batch.count;
  }
  if (next <= end) filled.push(erasedBatch(next, end - next + 1));
  return filled;
}

function summariesOf(rows: readonly SqlRow[]): StreamSummary[] {
  return rows
    .filter(({ stream }) => stream !== null)
    .map(({ stream, version, deleted }) => ({ stream: String(stream), version: Number(version), deleted: deleted === true }));
}

function place(from: number): number {
  return Math.min(from, Number.MAX_SAFE_INTEGER);
}
