import { StorageBlockedError, StorageFullError, StorageUnavailableError } from '../event/errors.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Append, DocumentLog, DocumentWrites, Log, Storage } from '../storage/storage.ts';
import type { Scheduler } from './sim-scheduler.test-fixture.ts';

type Write = { readonly commit: readonly Append[] } | { readonly documents: DocumentWrites } | { readonly truncate: readonly [string, number] } | { readonly clear: string };

/** A process that uses a storage: once it is dead, nothing it began is written or answered any more. */
export class SimProcess {
  dead = false;
  /** Until then nothing of it runs, and then it goes on as if nothing had been. */
  frozenUntil = 0;
  /** Until then nothing can be written. */
  fullUntil = 0;
  /** Probability that a write is done and nobody knows. */
  doubt = 0;
}

/** A disk that outlives processes, remembers all that was written, and can go back to what it was. */
export class SimDisk {
  readonly #scheduler: Scheduler;
  #epoch: string;
  #storage = memoryStorage();
  #log: Log | undefined;
  #writes: Write[] = [];

  constructor(scheduler: Scheduler, epoch: string) {
    this.#scheduler = scheduler;
    this.#epoch = epoch;
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** How many writes there were, to come back to. */
  get mark(): number {
    return this.#writes.length;
  }

  /** Straight to what is on it, without faults. */
  async open(): Promise<Log> {
    this.#log ??= await this.#storage.open(() => undefined);
    return this.#log;
  }

  /** A backup of then is put back. */
  async restore(mark: number): Promise<void> {
    const writes = this.#writes.slice(0, mark);
    this.#storage = memoryStorage();
    this.#log = undefined;
    this.#writes = [];
    const log = await this.open();
    for (const write of writes) await this.#apply(log, write);
    this.#writes = writes;
  }

  /** Takes over all that is on another one at this moment. */
  async copy(disk: SimDisk): Promise<void> {
    const writes = [...disk.#writes];
    this.#epoch = disk.#epoch;
    const log = await this.open();
    for (const write of writes) await this.#apply(log, write);
    this.#writes = writes;
  }

  /** The disk as a process sees it: every step takes time, and the process may die before it or after it. */
  storageOf(process: SimProcess, name: string): Storage {
    return { name, open: async () => this.#handle(process) };
  }

  async #apply(log: Log, write: Write): Promise<unknown> {
    if ('commit' in write) return log.commit(write.commit);
    if ('truncate' in write) return log.truncateStream(...write.truncate);
    if ('clear' in write) return (await log.documents()).clear(write.clear);
    return (await log.documents()).write(write.documents);
  }

  #handle(process: SimProcess): Log {
    const scheduler = this.#scheduler;
    const step = async <T>(run: (log: Log) => Promise<T>): Promise<T> => {
      await scheduler.sleep(scheduler.random() * 2);
      await thawed(scheduler, process);
      if (process.dead) return never();
      const result = await run(await this.open());
      await scheduler.sleep(scheduler.random() * 2);
      await thawed(scheduler, process);
      return process.dead ? never() : result;
    };
    const write = <T>(what: Write): Promise<T> =>
      step(async (log) => {
        if (process.fullUntil > scheduler.now) throw new StorageFullError();
        const result = (await this.#apply(log, what)) as T;
        this.#writes.push(what);
        if (process.doubt > 0 && scheduler.chance(process.doubt)) throw new StorageBlockedError('It took too long.', 'unknown');
        return result;
      });
    const documents: DocumentLog = {
      get: (keys) => step(async (log) => (await log.documents()).get(keys)),
      list: (range) => step(async (log) => (await log.documents()).list(range)),
      write: (writes) => write<boolean>({ documents: writes }),
      clear: (collection) => write<void>({ clear: collection }),
    };
    return {
      epoch: this.#epoch,
      commit: (appends) => write({ commit: appends }),
      head: () => step((log) => log.head()),
      readAll: (range) => step((log) => log.readAll(range)),
      readStream: (stream, range) => step((log) => log.readStream(stream, range)),
      streamInfo: (stream) => step((log) => log.streamInfo(stream)),
      listStreams: (range) => step((log) => log.listStreams(range)),
      deleteStream: () => Promise.reject(new StorageUnavailableError('Not simulated.')),
      truncateStream: (stream, version) => write<number>({ truncate: [stream, version] }),
      snapshots: { save: never, load: never, delete: (...of) => step((log) => log.snapshots.delete(...of)) },
      documents: async () => documents,
      state: () => ({ durability: 'none', connection: 'open' }),
      close: async () => undefined,
    };
  }
}

export async function thawed(scheduler: Scheduler, process: SimProcess): Promise<void> {
  while (process.frozenUntil > scheduler.now) await scheduler.sleep(process.frozenUntil - scheduler.now);
}

/** What a dead process waits for. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
