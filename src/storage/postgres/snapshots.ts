import type { SnapshotLog, SnapshotRecord } from '../storage.ts';
import type { Connection } from './connection.ts';
import { toStorableText } from './escape-text.ts';

/** A snapshot can be made again: its commit waits for no disk. */
const RELAXED = `set_config('synchronous_commit', 'off', true)`;

export function snapshotsIn(connection: Connection): SnapshotLog {
  const { schema, tenant, epoch } = connection;
  const row = 'n.tenant = $1 AND n.stream = $3 AND n.key = $4';
  return {
    async save(stream, key, { version, timestamp, data }) {
      await connection.read(
        `WITH saved AS (
           INSERT INTO ${schema}.snapshots (tenant, stream, key, version, timestamp_ms, data)
           SELECT l.tenant, $3, $4, $5::bigint, $6::bigint, $7 FROM ${schema}.logs l WHERE l.tenant = $1 AND l.epoch = $2
           ON CONFLICT (tenant, stream, key) DO UPDATE SET version = excluded.version, timestamp_ms = excluded.timestamp_ms, data = excluded.data
         ) SELECT epoch, ${RELAXED} FROM ${schema}.logs WHERE tenant = $1`,
        [tenant, epoch, stream, toStorableText(key), version, timestamp, data],
      );
    },
    async load(stream, key): Promise<SnapshotRecord | undefined> {
      const [found] = await connection.read(
        `SELECT l.epoch, n.version::float8 AS version, n.timestamp_ms::float8 AS timestamp_ms, n.data FROM ${schema}.logs l LEFT JOIN ${schema}.snapshots n ON ${row} WHERE l.tenant = $1 AND l.epoch = $2`,
        [tenant, epoch, stream, toStorableText(key)],
      );
      if (typeof found!['data'] !== 'string') return undefined;
      return { version: Number(found!['version']), timestamp: Number(found!['timestamp_ms']), data: found!['data'] };
    },
    async delete(stream, key) {
      await connection.read(
        `WITH deleted AS (DELETE FROM ${schema}.snapshots n USING ${schema}.logs l WHERE l.tenant = n.tenant AND l.epoch = $2 AND ${key === undefined ? 'n.tenant = $1 AND n.stream = $3 AND $4::text IS NULL' : row})
         SELECT epoch, ${RELAXED} FROM ${schema}.logs WHERE tenant = $1`,
        [tenant, epoch, stream, key === undefined ? null : toStorableText(key)],
      );
    },
  };
}
