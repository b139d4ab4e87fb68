import { StorageUnavailableError } from '../../event/errors.ts';
import { hash53 } from '../../event/event-id.ts';
import type { PgPool, PgPoolClient, PgliteDatabase, PostgresClient, PostgresJsSql, SqlRow } from './client.ts';
import { retrying } from './retrying.ts';

/** What {@link postgresStorage} takes as its client. */
export type AnyPostgresClient = PgPool | PostgresJsSql | PgliteDatabase | PostgresClient;

/**
 * The {@link PostgresClient} of a client library, told by the methods that it has.
 *
 * @param answerMs nobody waits longer for an answer
 * @throws {StorageUnavailableError} when it is none of them
 */
export function adaptClient(client: AnyPostgresClient, prepare: boolean, answerMs: number): PostgresClient {
  if (Object(client) !== client) throw notOne();
  if ('execute' in client) return client;
  if ('unsafe' in client) return fromPostgresJs(client, prepare);
  if ('exec' in client) return fromPglite(client);
  if ('connect' in client && 'totalCount' in client) return fromPg(client, prepare, answerMs);
  throw notOne();
}

/** A connection string is not one either. */
function notOne(): StorageUnavailableError {
  return new StorageUnavailableError('The client is neither a Pool of `pg`, nor what `postgres` returns, nor a PGlite, nor a PostgresClient.');
}

function fromPg(pool: PgPool, prepare: boolean, answerMs: number): PostgresClient {
  // A pool without a listener ends the process when the server closes an idle connection.
  if (pool.listenerCount('error') === 0) pool.on('error', () => undefined);
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    let name = names.get(text);
    if (name === undefined) names.set(text, (name = `ermine_${hash53(text)}`));
    return name;
  };
  return {
    // Else a connection that has died in silence is kept for an answer that never comes, and in the end there is no other.
    query: async (text, values) => (await pool.query({ ...(prepare && { name: nameOf(text) }), text, values: [...values], query_timeout: answerMs })).rows,
    execute: (text) => pool.query({ text }),
    // It keeps a connection, and one is needed to work.
    ...(pool.options.max > 1 && {
      listen: (channel, onNotification, onListening) =>
        retrying(async (onLost) => {
          const connection = await takeConnection(pool, onLost);
          await listenOn(connection, channel, onNotification, onLost).catch((error: unknown) => {
            connection.release(true);
            throw error;
          });
          onListening();
          // It is not given back: who takes it next must not hear on.
          return () => connection.release(true);
        }),
    }),
  };
}

/** From the moment that it is taken the pool does not hear its errors any more, and one that nobody hears ends the process. */
function takeConnection(pool: PgPool, onError: () => void): Promise<PgPoolClient> {
  return new Promise((resolve, reject) => {
    pool.connect((error, connection) => {
      if (!connection) return reject(error);
      connection.on('error', onError);
      resolve(connection);
    });
  });
}

async function listenOn(connection: PgPoolClient, channel: string, onNotification: (payload: string) => void, onLost: () => void): Promise<void> {
  connection.on('end', onLost);
  connection.on('notification', (message) => {
    if (message.channel === channel) onNotification(message.payload ?? '');
  });
  await connection.query(`LISTEN "${channel}"`);
}

function fromPostgresJs(sql: PostgresJsSql, prepare: boolean): PostgresClient {
  return {
    query: async (statement, values) => sql.unsafe(statement, [...values], { prepare }),
    execute: async (script) => sql.unsafe(script).simple(),
    // It listens again by itself once it has listened.
    listen: (channel, onNotification, onListening) =>
      retrying(async () => {
        const { unlisten } = await sql.listen(channel, onNotification, onListening);
        return () => void unlisten().catch(() => undefined);
      }),
  };
}

function fromPglite(database: PgliteDatabase): PostgresClient {
  return {
    query: async (statement, values) => (await database.query(statement, [...values])).rows as SqlRow[],
    execute: (script) => database.exec(script),
    listen: (channel, onNotification, onListening) =>
      retrying(async () => {
        const unlisten = await database.listen(channel, onNotification);
        onListening();
        return () => void unlisten().catch(() => undefined);
      }),
  };
}
