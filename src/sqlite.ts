export { sqliteStorage } from './storage/sqlite/sqlite-storage.ts';
export type { QueryOptions, SqliteStorage, SqliteStorageOptions } from './storage/sqlite/options.ts';
export type { QueryResult, SqlValue } from './storage/sqlite/driver.ts';
