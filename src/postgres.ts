export { postgresStorage, type PostgresStorageOptions } from './storage/postgres/postgres-storage.ts';
export type { AnyPostgresClient } from './storage/postgres/adapt-client.ts';
export type { PgPool, PgPoolClient, PgliteDatabase, PostgresClient, PostgresJsSql, SqlRow, SqlValue } from './storage/postgres/client.ts';
