import { StoreClosedError, isErmineError } from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { writtenBatches } from './evaluate-appends.ts';
import type { Append, AppendOutcome, Log } from './storage.ts';

/** Appends that one group holds at most. */
const MAX_GROUP_APPENDS = 2_000;

type Accepted = Extract<AppendOutcome, { ok: true }>;

interface Pending {
  readonly append: Append;
  resolve(outcome: Accepted): void;
  reject(error: unknown): void;
}

/** Group commit: while one group is being written, the appends that come in form the next one. */
export class AppendQueue {
  readonly #log: Log;
  readonly #onCommitted: (batches: readonly EventBatch[]) => void;
  readonly #queue: Pending[] = [];
  #draining: Promise<void> | undefined;
  #closed = false;

  constructor(log: Log, onCommitted: (batches: readonly EventBatch[]) => void) {
    this.#log = log;
    this.#onCommitted = onCommitted;
  }

  append(append: Append): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new StoreClosedError());
      this.#queue.push({ append, resolve, reject });
      // Appends of the same tick go together.
      this.#draining ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Takes no further append, and resolves when those that were taken have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) await this.#commit(this.#queue.splice(0, MAX_GROUP_APPENDS));
    // In the same step as the last look at the queue: an append that comes now starts anew.
    this.#draining = undefined;
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    try {
      const outcomes = await this.#log.commit(group.map(({ append }) => append));
      this.#onCommitted(writtenBatches(outcomes));
      outcomes.forEach((outcome, i) => (outcome.ok ? group[i]!.resolve(outcome) : group[i]!.reject(outcome.error)));
    } catch (error) {
      // A large append that does not fit any more must not take its neighbours with it.
      if (isErmineError(error, 'STORAGE_FULL') && group.length > 1) {
        for (const pending of group) await this.#commit([pending]);
      } else for (const { reject } of group) reject(error);
    }
  }
}
