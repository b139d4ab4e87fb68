import { AppendQueue } from '../storage/append-queue.ts';
import type { DocumentLog, Log, Storage } from '../storage/storage.ts';
import { HeadWatch } from './head-watch.ts';

/** The open log of a tenant. */
export interface TenantLog {
  readonly log: Log;
  readonly documents: DocumentLog;
  /** Groups what all clients push at the same time. */
  readonly queue: AppendQueue;
  readonly watch: HeadWatch;
}

/** Opens the log of a tenant when it is needed, once, and keeps it open. */
export class TenantLogs {
  readonly #storageOf: (tenant: string) => Storage;
  readonly #pollIntervalMs: number;
  readonly #logs = new Map<string, Promise<TenantLog>>();

  constructor(storageOf: (tenant: string) => Storage, pollIntervalMs: number) {
    this.#storageOf = storageOf;
    this.#pollIntervalMs = pollIntervalMs;
  }

  of(tenant: string): Promise<TenantLog> {
    let log = this.#logs.get(tenant);
    if (!log) {
      log = this.#open(tenant);
      this.#logs.set(tenant, log);
      // One that did not open is tried again.
      log.catch(() => this.#logs.delete(tenant));
    }
    return log;
  }

  async close(): Promise<void> {
    const logs = await Promise.allSettled(this.#logs.values());
    this.#logs.clear();
    for (const result of logs) {
      if (result.status === 'rejected') continue;
      const { queue, watch, log } = result.value;
      await queue.close();
      watch.close();
      await log.close();
    }
  }

  async #open(tenant: string): Promise<TenantLog> {
    const storage = this.#storageOf(tenant);
    let watch: HeadWatch | undefined;
    const log = await storage.open((error) => {
      // Closed for good: the next request opens it anew.
      if (!error) return;
      this.#logs.delete(tenant);
      // Whoever listens comes again, and listens to what is there then.
      watch?.end();
    });
    const documents = await log.documents();
    watch = new HeadWatch(log, storage.name, this.#pollIntervalMs);
    const queue = new AppendQueue(log, (batches) => {
      const last = batches.at(-1);
      if (last) watch.moved(last.position + last.count - 1);
    });
    return { log, documents, queue, watch };
  }
}
