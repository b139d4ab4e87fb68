export { indexedDbStorage, type IndexedDbStorageOptions } from './storage/indexeddb/indexeddb-storage.ts';
