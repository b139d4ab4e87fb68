import { StorageUnavailableError } from '../../event/errors.ts';
import { writtenBatches } from '../evaluate-appends.ts';
import type { Append, Log, Storage } from '../storage.ts';
import { adaptClient, type AnyPostgresClient } from './adapt-client.ts';
import { commitAppends } from './commit-appends.ts';
import { Connection } from './connection.ts';
import { documentsIn } from './documents.ts';
import { toOrderedText } from './escape-text.ts';
import { HintPublisher, hintHubOf, type HintHub } from './hints.ts';
import { LogReader } from './log-reader.ts';
import { openLog } from './open-log.ts';
import type { Migration } from './schema.ts';
import { snapshotsIn } from './snapshots.ts';

/** Whose log, through which client, in which schema. */
export interface PostgresStorageOptions {
  /**
   * A `Pool` of `pg`, what `postgres` (postgres.js) returns, a `PGlite`, or a `PostgresClient` of your own. It stays
   * yours: closing a store does not end it. A pool of `pg` keeps one connection to listen while anybody subscribes.
   */
  readonly client: AnyPostgresClient;
  /**
   * Whose log it is: every tenant has a log of its own, and its name is part of every key. Take it from what a caller has
   * proven to be, never from what they send. Default `default`; at most 250 UTF-16 units.
   */
  readonly tenant?: string;
  /** The schema with the tables, made when there is none; default `ermine`. Lower-case letters, digits and `_`, at most 50. */
  readonly schema?: string;
  /**
   * Milliseconds that a transaction may wait for another one, and that a lost connection is tried again, before
   * `StorageBlockedError`; an answer may take twice as long. Default 10,000.
   */
  readonly blockedAfterMs?: number;
  /**
   * Whether statements are prepared once for each connection; default true. Switch it off behind a pooler that gives
   * each transaction another connection and does not know prepared statements.
   */
  readonly prepare?: boolean;
  /**
   * Whether one connection listens for what others commit while anybody subscribes; default true. Switch it off behind a
   * pooler that gives each transaction another connection: nothing is heard through it, and its connections would go on
   * listening.
   */
  readonly listen?: boolean;
}

/**
 * Keeps the logs of many tenants in PostgreSQL 13 or newer: events as rows, positions in the order of the commits without a
 * gap, any number of processes at work.
 *
 * @throws {StorageUnavailableError} when an option cannot be used
 * @example const store = await openEventStore({ storage: postgresStorage({ client: new Pool(), tenant: 'acme' }) });
 */
export function postgresStorage(options: PostgresStorageOptions): Storage {
  return postgresStorageWith(options);
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,49}$/;
const TENANT_NAME = /^[^\0\p{Surrogate}]{1,250}$/u;

/** {@link postgresStorage} with other migrations, for tests of upgrades. */
export function postgresStorageWith(options: PostgresStorageOptions, migrations?: readonly Migration[]): Storage {
  const { tenant = 'default', schema = 'ermine', blockedAfterMs = 10_000, prepare = true, listen = true } = options;
  if (!SCHEMA_NAME.test(schema)) throw new StorageUnavailableError(`The schema "${schema}" is not lower-case letters, digits and _, at most 50.`);
  if (!TENANT_NAME.test(tenant)) throw new StorageUnavailableError('The tenant has a name of 1 to 250 characters, without NUL and lone surrogates.');
  const client = adaptClient(options.client, prepare, 2 * blockedAfterMs);
  return {
    name: `postgres:${schema}:${tenant}`,
    async open(onConnection) {
      const epoch = await openLog(client, schema, tenant, migrations);
      return createLog(new Connection({ client, schema, tenant, epoch, blockedAfterMs, onConnection }), hintHubOf(options.client, client, schema), listen);
    },
  };
}

function createLog(connection: Connection, hub: HintHub, listen: boolean): Log {
  const { epoch } = connection;
  const reader = new LogReader(connection);
  const publisher = new HintPublisher(hub, epoch);
  const commit = async (appends: readonly Append[], erase?: boolean) => {
    // Its positions are given by the sequencer; and only a replica writes documents with an append of no events.
    if (appends.some(({ after, documents, writes }) => after !== undefined || (documents && writes.every(({ batches }) => batches.length === 0)))) throw new StorageUnavailableError('PostgreSQL does not hold replicas of other logs.');
    const outcomes = await commitAppends(connection, appends, erase);
    const last = writtenBatches(outcomes).at(-1);
    if (last) publisher.publish(last.position + last.count - 1);
    return outcomes;
  };
  return {
    epoch,
    commit: (appends) => commit(appends),
    head: () => reader.head(),
    readAll: (range) => reader.readAll(range),
    readStream: (stream, range) => reader.readStream(stream, range),
    streamInfo: (stream) => reader.streamInfo(stream),
    listStreams: (range) => reader.listStreams(range),
    async deleteStream(stream, expectedVersion, tombstone) {
      const [outcome] = await commit([{ writes: [{ stream, expectedVersion, batches: [tombstone] }], ids: [] }], true);
      return outcome!;
    },
    truncateStream: (stream, beforeVersion) => truncateStream(connection, stream, beforeVersion),
    snapshots: snapshotsIn(connection),
    documents: async () => documentsIn(connection),
    ...(listen && { onHint: (listener) => hub.listen(epoch, listener) }),
    state: () => ({ durability: 'strict', connection: connection.state }),
    async close() {
      await connection.close();
      await publisher.close();
    },
  };
}

/** @returns how many events were erased */
async function truncateStream(connection: Connection, stream: string, beforeVersion: number): Promise<number> {
  const { schema, tenant, epoch } = connection;
  const [row] = await connection.read(
    `WITH erased AS (
       DELETE FROM ${schema}.events e USING ${schema}.streams s, ${schema}.logs l
       WHERE e.tenant = $1 AND e.stream = $3 AND e.version < $5::bigint
         AND s.tenant = $1 AND s.name_order = $4 AND NOT s.deleted AND l.tenant = $1 AND l.epoch = $2
       RETURNING 1
     ) SELECT epoch, (SELECT count(*) FROM erased)::float8 AS erased FROM ${schema}.logs WHERE tenant = $1`,
    [tenant, epoch, stream, toOrderedText(stream), beforeVersion],
  );
  return Number(row!['erased']);
}
