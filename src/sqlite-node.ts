export { sqliteStorage } from './storage/sqlite/node-sqlite-storage.ts';
