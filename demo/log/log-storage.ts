import type { Storage } from 'ermine';
import { indexedDbStorage } from 'ermine/indexeddb';
import type { SqliteStorage } from 'ermine/sqlite';
import { readPreference, writePreference } from './preferences.ts';

export type StorageKind = 'indexeddb' | 'sqlite';

/** Where the log is kept; SQLite also answers questions. */
export type LogStorage = { readonly kind: 'indexeddb'; readonly storage: Storage } | { readonly kind: 'sqlite'; readonly storage: SqliteStorage };

export const STORAGE_NAMES: Readonly<Record<StorageKind, string>> = { indexeddb: 'IndexedDB', sqlite: 'SQLite' };

const DATABASE_NAME = 'permit-desk';
const PREFERENCE = 'permit-desk:storage';
/** A worker that has just ended lets go of its files a moment later, in milliseconds. */
const FILES_AFTER_MS = 2_000;
const RETRY_MS = 50;

export function chosenStorage(): StorageKind {
  return readPreference('local', PREFERENCE) === 'sqlite' ? 'sqlite' : 'indexeddb';
}

/** @throws when the browser does not remember it: the next page would look for the log where it was before */
export function chooseStorage(kind: StorageKind): void {
  writePreference('local', PREFERENCE, kind);
  if (chosenStorage() !== kind) throw new Error('This browser lets the page remember nothing, so it would not find the log again. The log stays where it is.');
}

export async function createLogStorage(kind: StorageKind): Promise<LogStorage> {
  // Some browsers ask the user whether to keep the data: that is left to the button that says what it is about.
  const options = { name: DATABASE_NAME, persist: false };
  if (kind === 'indexeddb') return { kind, storage: indexedDbStorage(options) };
  // Who is on IndexedDB does not load it.
  const { sqliteStorage } = await import('ermine/sqlite');
  return { kind, storage: sqliteStorage(options) };
}

/** Deletes the log that is kept there, if there is one. @throws when a tab holds on to it */
export function deleteLog(kind: StorageKind): Promise<void> {
  return kind === 'sqlite' ? deleteFiles() : deleteDatabase();
}

function deleteDatabase(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(DATABASE_NAME);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('Another tab of this page holds the log and does not let go. Close it, then reload this page.'));
  });
}

async function deleteFiles(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const all = await root.getDirectoryHandle('ermine-sqlite', { create: true });
  for (const end = performance.now() + FILES_AFTER_MS; ; ) {
    try {
      return await all.removeEntry(DATABASE_NAME, { recursive: true });
    } catch (error) {
      const { name } = error as DOMException;
      if (name === 'NotFoundError') return;
      if (name !== 'NoModificationAllowedError' || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
