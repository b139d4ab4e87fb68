import { StorageUnavailableError, VersionTooNewError } from '../../event/errors.ts';
import type { PostgresClient } from './client.ts';
import { readEpoch, readSchemaVersion, reasonOf } from './connection.ts';
import { explainError } from './explain-error.ts';
import { migrationScript, migrations, quoteName, type Migration } from './schema.ts';

/**
 * Brings the schema to the version of this code where it is older or missing, and makes the tenant's log if there is none.
 *
 * @returns the log's epoch
 * @throws {VersionTooNewError} when newer code has upgraded the schema
 * @throws {StorageUnavailableError} when the server cannot be reached, or refuses
 */
export async function openLog(client: PostgresClient, schema: string, tenant: string, steps: readonly Migration[] = migrations): Promise<string> {
  try {
    let version = await readSchemaVersion(client, schema);
    if (version < steps.length) {
      await client.execute(migrationScript(schema, steps));
      version = await readSchemaVersion(client, schema);
    }
    if (version > steps.length) throw new VersionTooNewError(schema);
    return (await readEpoch(client, schema, tenant)) ?? (await createEpoch(client, schema, tenant));
  } catch (cause) {
    const failure = explainError(cause);
    if ('error' in failure) throw failure.error;
    throw new StorageUnavailableError(
      failure.kind === 'lost'
        ? `PostgreSQL cannot be reached (${reasonOf(cause)}). Does the server run, and do host, port and password fit?`
        : `The schema "${schema}" is not whole (${reasonOf(cause)}). Restore it, or use another schema.`,
      { cause },
    );
  }
}

async function createEpoch(client: PostgresClient, schema: string, tenant: string): Promise<string> {
  try {
    await client.query(`INSERT INTO ${quoteName(schema)}.logs (tenant, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING`, [tenant, crypto.randomUUID()]);
  } catch (error) {
    // So says a database with a stricter isolation when somebody else makes it at the same moment.
    if (explainError(error).kind !== 'conflict') throw error;
  }
  // Whoever was first has made it.
  return (await readEpoch(client, schema, tenant))!;
}
