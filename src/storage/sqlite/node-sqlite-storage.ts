import { StorageUnavailableError, StoreClosedError } from '../../event/errors.ts';
import type { SqliteDriver } from './driver.ts';
import { explainError } from './explain-error.ts';
import { openDatabase } from './open-database.ts';
import { operations, type Ask } from './operations.ts';
import type { SqliteStorage, SqliteStorageOptions } from './options.ts';
import type { LogLink } from './sql-log.ts';
import { createSqliteStorage } from './storage-over.ts';

/**
 * Keeps a log in SQLite, in a file or in memory, through Node's own module where it exists and better-sqlite3 otherwise. Any
 * number of processes may have the file open.
 *
 * @example const store = await openEventStore({ storage: sqliteStorage({ name: 'shop', file: 'shop.db' }) });
 */
export function sqliteStorage({ name, durability = 'strict', blockedAfterMs = 10_000, file }: SqliteStorageOptions): SqliteStorage {
  const connect = async (): Promise<ReturnType<typeof openDatabase>> => {
    if (!file) throw new StorageUnavailableError(`In Node, sqliteStorage({ name: "${name}" }) also needs a file, or ":memory:" if nothing has to last.`);
    const driver = await openDriver(file, blockedAfterMs);
    try {
      return openDatabase(driver, { name, durability, exclusive: false });
    } catch (cause) {
      driver.close();
      throw explainError(cause);
    }
  };
  // What is in memory is one connection, which stays while no log is open.
  let memory: ReturnType<typeof connect> | undefined;
  return createSqliteStorage(name, async (): Promise<LogLink> => {
    const inMemory = file === ':memory:';
    const { database, epoch } = await (inMemory ? (memory ??= connect()) : connect());
    let open = true;
    const ask: Ask = async (operation, ...rest) => {
      if (!open) throw new StoreClosedError();
      try {
        return (operations[operation] as (...all: unknown[]) => never)(database, ...rest);
      } catch (cause) {
        throw explainError(cause);
      }
    };
    return {
      epoch,
      ask,
      state: () => ({ durability: inMemory ? 'none' : durability, connection: open ? 'open' : 'closed' }),
      async close() {
        if (open && !inMemory) database.close();
        open = false;
      },
    };
  });
}

async function openDriver(file: string, busyMs: number): Promise<SqliteDriver> {
  const openers = [
    async () => (await import('./node-sqlite-driver.ts')).openNodeSqlite,
    async () => (await import('./better-sqlite-driver.ts')).openBetterSqlite,
  ];
  let missing: unknown;
  for (const opener of openers) {
    const openFile = await opener().catch((cause: unknown) => void (missing = cause));
    try {
      if (openFile) return openFile(file, busyMs);
    } catch (cause) {
      throw new StorageUnavailableError(`The file "${file}" cannot be opened: ${String(cause)}.`, { cause });
    }
  }
  throw new StorageUnavailableError('Node has no SQLite here: install better-sqlite3, or use Node 22.16 or later.', { cause: missing });
}
