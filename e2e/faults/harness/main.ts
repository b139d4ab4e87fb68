import * as ermine from '../../../src/index.ts';
import { indexedDbStorage, type IndexedDbStorageOptions } from '../../../src/indexeddb.ts';
import { indexedDbStorageWith } from '../../../src/storage/indexeddb/indexeddb-storage.ts';
import { migrations, type Migration } from '../../../src/storage/indexeddb/schema.ts';
import { sqliteStorage, type QueryResult } from '../../../src/sqlite.ts';
import { toArray } from '../../../src/testing/events.ts';
import { Appender, type Acknowledged, type AppenderOptions } from './appender.ts';
import { audit, batch, randomText } from './batch.ts';
import { countDatabaseWork, type DatabaseCounts } from './database-counts.ts';
import { countRequests } from './request-counts.ts';
import { auditBulky, auditReadModels, openBulky, openReadModels, statusOf } from './read-models.ts';
import { Recording, failure, outcome } from './recording.ts';
import { meet, nextTask } from './tasks.ts';

type OpenOptions = Partial<IndexedDbStorageOptions> & Omit<Partial<ermine.OpenEventStoreOptions>, 'storage'>;

/** A version of the library that is one migration ahead. */
const nextMigrations: readonly Migration[] = [...migrations, (database) => void database.createObjectStore('next' as 'meta')];

declare global {
  var harness: Harness;
}

/** Which storage this tab opens: its address says it, `?storage=sqlite`. */
const kind = new URL(location.href).searchParams.get('storage') === 'sqlite' ? 'sqlite' : 'indexeddb';

const held: IDBDatabase[] = [];
let opened: ermine.EventStore | undefined;

/** What a test finds in a tab: the library, and a few things to make work with it and to watch it. */
const harness = {
  ...ermine,
  indexedDbStorage,
  audit,
  auditBulky,
  auditReadModels,
  batch,
  failure,
  meet,
  nextTask,
  outcome,
  randomText,
  /** Undefined until `countDatabaseWork()`. */
  counts: undefined as DatabaseCounts | undefined,
  hints: [] as { epoch: string; position: number }[],
  /** Undefined until `runReadModels()`. */
  models: undefined as Awaited<ReturnType<typeof openReadModels>> | undefined,
  /** Undefined until `runBulky()`. */
  bulky: undefined as Awaited<ReturnType<typeof openBulky>> | undefined,
  statusOf,
  recordings: [] as Recording[],
  appenders: [] as Appender[],

  /** The store that this tab opened last. */
  get store(): ermine.EventStore {
    if (!opened) throw new Error('No store is open in this tab.');
    return opened;
  },

  async open({ name = 'log', blockedAfterMs, durability, persist = false, ...rest }: OpenOptions = {}): Promise<void> {
    const options = { name, persist, ...(blockedAfterMs && { blockedAfterMs }), ...(durability && { durability }) };
    opened = await ermine.openEventStore({ storage: kind === 'sqlite' ? sqliteStorage(options) : indexedDbStorage(options), ...rest });
  },

  async openNextVersion({ name = 'log', blockedAfterMs = 10_000, ...rest }: OpenOptions = {}): Promise<void> {
    const storage = indexedDbStorageWith({ name, blockedAfterMs, persist: false }, nextMigrations);
    opened = await ermine.openEventStore({ storage, ...rest });
  },

  countDatabaseWork(): void {
    harness.counts = kind === 'sqlite' ? countRequests() : countDatabaseWork();
  },

  hintChannel: (name = 'log') => `ermine:${kind}:${name}`,

  readAll: (): Promise<ermine.StoredEvent[]> => toArray(harness.store.readAll()),

  /** Asks the database itself, in SQL. */
  query: (sql: string, name = 'log'): Promise<QueryResult> => sqliteStorage({ name, persist: false }).query(sql),

  /** The database as a file, byte by byte. */
  exportFile: async (name = 'log'): Promise<number[]> => Array.from(await sqliteStorage({ name, persist: false }).export()),

  /** Keeps the hints that others send about a log. */
  listenToHints(name = 'log'): void {
    new BroadcastChannel(harness.hintChannel(name)).onmessage = ({ data }) => harness.hints.push(data);
  },

  /** Runs the read models of the harness on the store of this tab, or waits for its turn to. */
  async runReadModels(failsAt?: number): Promise<void> {
    harness.models = await openReadModels(harness.store, failsAt);
  },

  /** Runs the read model that needs a lot of space. */
  async runBulky(): Promise<void> {
    harness.bulky = await openBulky(harness.store);
  },

  /** Subscribes to the whole log. @returns the index of the recording */
  follow(from = 0): number {
    return harness.recordings.push(new Recording(harness.store.subscribeToAll(from), from)) - 1;
  },

  /** @returns the index of the appender */
  startAppending(options: AppenderOptions, onAcknowledged?: (ack: Acknowledged) => void): number {
    return harness.appenders.push(new Appender(harness.store, options, onAcknowledged)) - 1;
  },

  /** Keeps a transaction of writing open on a raw connection, and with it everybody else out. */
  async holdTransaction(name = 'log'): Promise<void> {
    const transaction = (await harness.openRaw(name)).transaction('commits', 'readwrite');
    const keepAlive = (): void => {
      transaction.objectStore('commits').count().onsuccess = keepAlive;
    };
    keepAlive();
  },

  /** Keeps a connection as a page that is not Ermine's, or an old one, does: it gives way to nobody. */
  async holdConnection(name = 'log'): Promise<void> {
    held.push(await harness.openRaw(name));
  },

  openRaw(name = 'log', version?: number): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  },
};

export type Harness = typeof harness;
globalThis.harness = harness;
