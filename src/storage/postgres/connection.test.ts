import { expect, it } from 'vitest';
import type { PostgresClient } from './client.ts';
import { Connection } from './connection.ts';
import { migrations } from './schema.ts';

/** A client whose statements answer in turn; the last answer is that of all later ones. */
function answering(...answers: (Error | Record<string, unknown>)[]): PostgresClient {
  return {
    async query() {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (answer instanceof Error) throw answer;
      return [answer];
    },
    execute: () => Promise.reject(new Error('nothing is executed')),
  };
}

const missing = Object.assign(new Error('relation "ermine.logs" does not exist'), { code: '42P01' });
const lost = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

const connect = (client: PostgresClient): Connection =>
  new Connection({ client, schema: 'ermine', tenant: 'acme', epoch: 'one', blockedAfterMs: 5_000, onConnection: () => undefined });

it('a connection that is lost while it asks why a table is missing is tried again, and is no other log', async () => {
  const connection = connect(answering(missing, lost, { epoch: 'one', head: 7 }));
  expect(await connection.read('SELECT', [])).toEqual([{ epoch: 'one', head: 7 }]);
  expect(connection.state).toBe('open');
});

it('a table that is missing is another epoch, or newer code, or a schema that is not whole', async () => {
  const code = (client: PostgresClient): Promise<unknown> => connect(client).read('SELECT', []).catch((error: { code: string }) => error.code);
  expect(await code(answering(missing, missing))).toBe('EPOCH_CHANGED');
  expect(await code(answering(missing, { version: migrations.length + 1 }))).toBe('VERSION_TOO_NEW');
  expect(await code(answering(missing, { version: 1 }, { epoch: 'one' }))).toBe('STORAGE_UNAVAILABLE');
});
