import type { Log, Storage } from '../storage.ts';
import { Committer } from './commit-appends.ts';
import { Connection } from './connection.ts';
import { HeadCache } from './head-cache.ts';
import { kit } from './kit.ts';
import type { Later } from './later.ts';
import { LogReader } from './log-reader.ts';
import type { Migration } from './schema.ts';

/** Which database, and how sure its writes are. */
export interface IndexedDbStorageOptions {
  /** Name of the database; every tab, worker and service worker of the origin that opens it shares one log. */
  readonly name: string;
  /**
   * `strict` (default): an append resolves when it is on the disk and survives a power cut. `relaxed`: it is with the
   * operating system and survives a crash of the browser; about twice as fast.
   */
  readonly durability?: 'strict' | 'relaxed';
  /**
   * Milliseconds that the database may take to open, or a transaction to end, before `StorageBlockedError`; 10,000 unless
   * told. A tab that is stopped inside a transaction of its own blocks all others.
   */
  readonly blockedAfterMs?: number;
  /** Whether to ask the browser, at the first write, not to evict the data; default true. Firefox asks the user. */
  readonly persist?: boolean;
}

/**
 * Keeps a log in IndexedDB: a record for each commit, safe with any number of tabs and workers at work. Nothing is opened
 * before a store is.
 *
 * @example const store = await openEventStore({ storage: indexedDbStorage({ name: 'shop' }) });
 */
export function indexedDbStorage(options: IndexedDbStorageOptions): Storage {
  return indexedDbStorageWith(options);
}

/** {@link indexedDbStorage} with other migrations, for tests of upgrades. */
export function indexedDbStorageWith(
  { name, durability = 'strict', blockedAfterMs = 10_000, persist = true }: IndexedDbStorageOptions,
  migrations?: readonly Migration[],
): Storage {
  return {
    name: `indexeddb:${name}`,
    open: async (onConnection) => {
      const connection = await Connection.open({ name, blockedAfterMs, onConnection, ...(migrations && { migrations }) });
      return openLog(connection, durability, persist);
    },
  };
}

function openLog(connection: Connection, durability: 'strict' | 'relaxed', persist: boolean): Log {
  const cache = new HeadCache();
  const later = async (): Promise<Later> => (await import('./later.ts')).createLater(kit, connection, cache, durability);
  const committer = new Committer(connection, cache, durability, later);
  const reader = new LogReader(connection, cache, later);
  let asked = !persist;
  return {
    epoch: connection.epoch!,
    commit: async (appends) => {
      const outcomes = await committer.commit(appends);
      // A refusal is an answer, and the health tells it.
      if (!asked) void globalThis.navigator?.storage?.persist?.().catch(() => false);
      asked = true;
      return outcomes;
    },
    head: () => reader.head(),
    readAll: (range) => reader.readAll(range),
    readStream: (stream, range) => reader.readStream(stream, range),
    streamInfo: async (stream) => (await later()).streamInfo(stream),
    listStreams: async (range) => (await later()).listStreams(range),
    deleteStream: async (...stream) => (await later()).deleteStream(...stream),
    truncateStream: async (...stream) => (await later()).truncateStream(...stream),
    snapshots: {
      save: async (...snapshot) => (await later()).snapshots.save(...snapshot),
      load: async (...key) => (await later()).snapshots.load(...key),
      delete: async (...key) => (await later()).snapshots.delete(...key),
    },
    documents: async () => (await later()).openDocuments(),
    state: () => ({ durability, connection: connection.state }),
    close: () => connection.close(),
  };
}
