import { SyncRefusedError, type ErmineError } from '../event/errors.ts';
import { AppendQueue } from '../storage/append-queue.ts';
import type { DocumentLog, Log, Storage } from '../storage/storage.ts';
import { listAllStreams } from '../storage/list-all-streams.ts';
import { emptyOutbox, readOutboxHead, writeMove } from './outbox.ts';
import { isUntouched, sameScope, type ReplicaScope } from './replica-state.ts';
import { Replica } from './replica.ts';
import { takeOver } from './take-over.ts';

/** A replica of another scope that is being filled beside the one in use. */
export interface Successor {
  readonly generation: number;
  readonly replica: Replica;
  close(): Promise<void>;
}

/** The replica in use. */
export interface CurrentGeneration {
  readonly generation: number;
  readonly storage: Storage;
  readonly log: Log;
  readonly documents: DocumentLog;
}

/**
 * The storages of a synced store, one after the other: a log cannot get events before others that readers have passed, so
 * another scope is replicated in a log of its own, which takes over the outbox once it is filled.
 */
export class Generations {
  readonly #storageOf: (generation: number) => Storage;
  readonly #clearReadModels: (documents: DocumentLog) => Promise<void>;
  /** Whether there may be more than one. */
  readonly #several: boolean;

  /** @param clearReadModels deletes what was made of the events of a generation that is left */
  constructor(storage: Storage | ((generation: number) => Storage), clearReadModels: (documents: DocumentLog) => Promise<void>) {
    this.#clearReadModels = clearReadModels;
    this.#several = typeof storage === 'function';
    this.#storageOf = typeof storage === 'function' ? storage : () => storage;
  }

  /** Opens the one in use, and ends a move to it that was interrupted. */
  async openCurrent(onLost: (error: ErmineError | undefined) => void): Promise<CurrentGeneration> {
    for (let generation = 0; ; ) {
      const storage = this.#storageOf(generation);
      const log = await storage.open(onLost);
      try {
        const documents = await log.documents();
        const head = await readOutboxHead(documents);
        if (head?.movedTo === undefined) return { generation, storage, log, documents };
        if (!this.#several) throw new SyncRefusedError('MOVED', 'The replica has moved on to another storage. Give openSyncedStore the function that named it.');
        if (!head.emptied) await this.#endMove({ generation, log, documents }, head.movedTo);
        generation = head.movedTo;
      } catch (error) {
        await log.close();
        throw error;
      }
      await log.close();
    }
  }

  /** What opens the next generation, undefined when there is only one storage. */
  successorOf({ generation, log }: CurrentGeneration): ((scope: ReplicaScope, clientId: string) => Promise<Successor>) | undefined {
    if (!this.#several) return undefined;
    return async (scope, clientId) => {
      for (let next = generation + 1; ; next++) {
        const opened = await this.#openReplica(next);
        const { replica, close } = opened;
        try {
          if (replica.log.epoch === log.epoch) throw new SyncRefusedError('NOT_A_REPLICA', 'The function that gives the storages must give each generation another one.');
          const { state } = await replica.state();
          const head = await readOutboxHead(replica.documents);
          // Left by an earlier try, or never used.
          const fits = (state.epoch === undefined || sameScope(state, scope)) && head?.movedTo === undefined && head?.movedFrom === undefined;
          if (fits && (await isUntouched(replica.log, replica.documents))) {
            await replica.outbox.create(clientId);
            return { generation: next, replica, close };
          }
        } catch (error) {
          await close();
          throw error;
        }
        await close();
      }
    };
  }

  async #endMove({ generation, log, documents }: Omit<CurrentGeneration, 'storage'>, next: number): Promise<void> {
    const { replica, close } = await this.#openReplica(next);
    try {
      await takeOver(toReplica(log, documents), replica);
    } finally {
      await close();
    }
    // Those that were filled and not moved to, since the scope had changed again.
    for (let skipped = generation + 1; skipped < next; skipped++) {
      const unused = await this.#openReplica(skipped);
      try {
        const head = await readOutboxHead(unused.replica.documents);
        if (!head || head.movedFrom !== undefined) continue;
        await writeMove(unused.replica.documents, next);
        await this.#empty(unused.replica.log, unused.replica.documents);
      } finally {
        await unused.close();
      }
    }
    await this.#empty(log, documents);
  }

  /** What is not replicated any more may be what its user must not read any more. */
  async #empty(log: Log, documents: DocumentLog): Promise<void> {
    for await (const page of listAllStreams(log)) {
      for (const { stream, version } of page) {
        await log.truncateStream(stream, version + 1);
        await log.snapshots.delete(stream, undefined);
      }
    }
    await this.#clearReadModels(documents);
    await emptyOutbox(documents);
  }

  async #openReplica(generation: number): Promise<{ replica: Replica; close(): Promise<void> }> {
    const log = await this.#storageOf(generation).open(() => undefined);
    return { replica: toReplica(log, await log.documents()), close: () => log.close() };
  }
}

function toReplica(log: Log, documents: DocumentLog): Replica {
  return new Replica(log, documents, new AppendQueue(log, () => undefined), () => undefined);
}
