import { createFunctions } from './create-functions.ts';
import { createTables } from './create-tables.ts';

/**
 * Brings a schema from version n to n + 1, as the body of a PL/pgSQL block. Each one only adds, so that processes with
 * the code of the version before go on working while it is rolled out.
 *
 * @param s the schema's name, quoted
 */
export type Migration = (s: string) => string;

export const migrations: readonly Migration[] = [(s) => createTables(s) + createFunctions(s)];

/** Makes of a schema's name an identifier of SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * One script that brings the schema to the newest version, in one transaction: what is killed midway leaves it as it was.
 * Whoever comes at the same time waits, and then finds nothing to do. Each step is looked up again, so it can be run at
 * any time.
 */
export function migrationScript(schema: string, steps: readonly Migration[] = migrations): string {
  const s = quoteName(schema);
  const blocks = steps.map(
    (migrate, version) => `
DO $migration$ BEGIN IF (SELECT count(*) FROM ${s}.migrations) = ${version} THEN
${migrate(s)}
INSERT INTO ${s}.migrations (version) VALUES (${version + 1});
END IF; END $migration$;`,
  );
  return `
-- With a stricter isolation as the database's default, what others did while the lock was waited for would not be seen.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SELECT pg_advisory_xact_lock(hashtextextended('ermine ' || '${schema.replaceAll("'", "''")}', 0));
CREATE SCHEMA IF NOT EXISTS ${s};
CREATE TABLE IF NOT EXISTS ${s}.migrations (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
${blocks.join('\n')}`;
}
