import { StorageBlockedError } from '../../event/errors.ts';
import type { DocumentKey, DocumentLog, DocumentPage, DocumentRange, DocumentWrites } from '../storage.ts';
import { UNCERTAIN_WRITE } from '../uncertain-write.ts';
import { toArrayLiteral } from './array-literal.ts';
import type { SqlValue } from './client.ts';
import type { Connection } from './connection.ts';
import { toStored, toStoredWrites } from './document-state.ts';
import { fromOrderedText, toOrderedText } from './escape-text.ts';
import { fromOrderedValue, toOrderedValue } from './ordered-value.ts';

const CLEAR_STEP = 500;

/**
 * Documents in the log's database. A write holds the log's row as an append does: the expectations of the one and the
 * writes of the other cannot pass each other.
 */
export function documentsIn(connection: Connection): DocumentLog {
  const { schema, tenant, epoch } = connection;

  const get = async (keys: readonly DocumentKey[]): Promise<(string | undefined)[]> => {
    const rows = await connection.read(
      `SELECT l.epoch, d.data FROM ${schema}.logs l
       LEFT JOIN unnest($2::text[], $3::text[]) WITH ORDINALITY AS k (collection, key, i) ON true
       LEFT JOIN ${schema}.documents d ON d.tenant = $1 AND d.collection = k.collection AND d.key = k.key
       WHERE l.tenant = $1 ORDER BY k.i`,
      [tenant, toArrayLiteral(keys.map(({ collection }) => toOrderedText(collection))), toArrayLiteral(keys.map(({ key }) => toOrderedText(key)))],
    );
    return keys.map((_, i) => (rows[i]!['data'] as string | null) ?? undefined);
  };

  /** Whether the documents are as the write leaves them. */
  const isDone = async ({ puts = [], deletes = [] }: DocumentWrites): Promise<boolean> => {
    const found = await get([...puts, ...deletes]);
    return found.every((data, i) => data === puts[i]?.data);
  };

  return {
    get,
    list: (range) => listDocuments(connection, range),
    async write(writes, { durability = 'strict' } = {}) {
      const documents = JSON.stringify({ expect: (writes.expect ?? []).map(toStored), ...toStoredWrites(writes) });
      let uncertain = false;
      const written = await connection.run(async (query, repeated) => {
        uncertain = repeated;
        const [row] = await query(`SELECT w.epoch, w.written FROM ${schema}.write_documents($1, $2, $3, $4, $5::text::json) w`, [
          tenant,
          epoch,
          connection.lockTimeout,
          durability === 'relaxed' ? 'off' : null,
          documents,
        ]);
        connection.checkEpoch(row!['epoch']);
        return row!['written'] === true;
      });
      // A try whose answer was lost may have been written: then the expectations cannot hold any more.
      if (written || !uncertain) return written;
      if (await isDone(writes)) return true;
      throw new StorageBlockedError(UNCERTAIN_WRITE, 'unknown');
    },
    async clear(collection) {
      for (let deleted = CLEAR_STEP; deleted === CLEAR_STEP; ) {
        const [row] = await connection.read(
          `WITH log AS (SELECT l.epoch FROM ${schema}.logs l WHERE l.tenant = $1 AND l.epoch = $2 FOR NO KEY UPDATE),
           deleted AS (
             DELETE FROM ${schema}.documents d USING log WHERE d.tenant = $1 AND d.collection = $3
             AND d.key IN (SELECT f.key FROM ${schema}.documents f WHERE f.tenant = $1 AND f.collection = $3 ORDER BY f.key LIMIT ${CLEAR_STEP}) RETURNING 1
           ) SELECT epoch, (SELECT count(*) FROM deleted)::float8 AS deleted FROM ${schema}.logs WHERE tenant = $1`,
          [tenant, epoch, toOrderedText(collection)],
        );
        deleted = Number(row!['deleted']);
      }
    },
  };
}

async function listDocuments(connection: Connection, range: DocumentRange): Promise<DocumentPage> {
  const { schema, tenant } = connection;
  const { collection, index, lower, upper, after, direction, limit } = range;
  const values: SqlValue[] = [tenant, toOrderedText(collection), limit + 1];
  const bind = (value: string): string => `$${values.push(value)}`;
  const toText = (value: string | number): string => (index === undefined ? toOrderedText(String(value)) : toOrderedValue(value));
  const source =
    index === undefined
      ? `(SELECT d.tenant, d.collection, d.key AS value, d.key, d.data FROM ${schema}.documents d)`
      : `(SELECT n.tenant, n.collection, n.value, n.key, d.data FROM ${schema}.document_entries n
          JOIN ${schema}.documents d ON d.tenant = n.tenant AND d.collection = n.collection AND d.key = n.key WHERE n.index_name = ${bind(toOrderedText(index))})`;
  const conditions = ['f.tenant = $1', 'f.collection = $2'];
  if (lower !== undefined) conditions.push(`f.value >= ${bind(toText(lower))}`);
  if (upper !== undefined) conditions.push(`f.value <= ${bind(toText(upper))}`);
  const [beyond, order] = direction === 'forwards' ? ['>', ''] : ['<', 'DESC'];
  if (after) conditions.push(`(f.value, f.key) ${beyond} (${bind(toText(after.value ?? after.key))}, ${bind(toOrderedText(after.key))})`);
  const rows = await connection.read(
    `SELECT l.epoch, x.value, x.key, x.data FROM ${schema}.logs l LEFT JOIN LATERAL (
       SELECT * FROM ${source} f WHERE ${conditions.join(' AND ')} ORDER BY f.value ${order}, f.key ${order} LIMIT $3::integer
     ) x ON true WHERE l.tenant = $1 ORDER BY x.value ${order}, x.key ${order}`,
    values,
  );
  const found = rows.flatMap(({ value, key, data }) => (typeof key === 'string' ? [{ value: String(value), key: fromOrderedText(key), data: String(data) }] : []));
  const last = found[limit - 1];
  return {
    documents: found.slice(0, limit).map(({ key, data }) => ({ key, data })),
    next: last && found.length > limit ? { key: last.key, ...(index !== undefined && { value: fromOrderedValue(last.value) }) } : undefined,
  };
}
