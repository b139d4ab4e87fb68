import type { Ask } from './operations.ts';
import type { SqliteStorage, SqliteStorageOptions } from './options.ts';
import type { LogLink } from './sql-log.ts';
import { createSqliteStorage } from './storage-over.ts';
import { TabLink } from './tab-link.ts';

/**
 * Keeps a log in SQLite, compiled to WebAssembly, in a file of the origin's private file system. One tab has the file at a
 * time, the others go through it, and another one takes over when it goes.
 *
 * @example const store = await openEventStore({ storage: sqliteStorage({ name: 'shop' }) });
 */
export function sqliteStorage(options: SqliteStorageOptions): SqliteStorage {
  const { name, durability = 'strict', blockedAfterMs = 10_000, persist = true, createWorker = startWorker } = options;
  return createSqliteStorage(name, async (onConnection): Promise<LogLink> => {
    // A timer that is told more than 24 days does not wait at all.
    const link = await TabLink.open({ name, durability, blockedAfterMs: Math.min(blockedAfterMs, 1e9), createWorker, onConnection });
    let asked = !persist;
    const ask: Ask = (operation, ...values) => {
      // A refusal is an answer, and the health tells it.
      if (!asked && operation === 'commit') {
        asked = true;
        void navigator.storage.persist?.().catch(() => false);
      }
      return link.ask(operation, ...values);
    };
    const { epoch, state, close } = link;
    return { epoch, ask, state, close };
  });
}

/** In these very words bundlers find the worker. */
function startWorker(): Worker {
  return new Worker(new URL('./sqlite-worker.ts', import.meta.url), { type: 'module' });
}
