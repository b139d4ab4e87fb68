import { StorageBlockedError, isErmineError } from '../../event/errors.ts';
import { idsOf } from '../../event/event-batch.ts';
import { evaluateAppends, type LogState } from '../evaluate-appends.ts';
import type { Append, AppendOutcome } from '../storage.ts';
import { toRecords, type CommitRecord } from './commit-record.ts';
import { LostConnection, type Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import { readState } from './read-state.ts';
import { nameOf } from './open-database.ts';
import { commitsOf } from './schema.ts';

/** Appends to the log. Its end moves by `add()` of records whose key is the last position + 1, which only one tab can do. */
export class Committer {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  readonly #durability: 'strict' | 'relaxed';
  /** Whether an earlier try at the group under way may have gone through: then its event ids tell. */
  #uncertain = false;

  constructor(connection: Connection, cache: HeadCache, durability: 'strict' | 'relaxed') {
    this.#connection = connection;
    this.#cache = cache;
    this.#durability = durability;
  }

  async commit(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    this.#uncertain = false;
    try {
      return (await this.#commitFromCache(appends)) ?? (await this.#commitAfterReading(appends));
    } catch (error) {
      this.#cache.reset(undefined);
      if (!isErmineError(error, 'STORAGE_BLOCKED')) throw error;
      return appends.map((append) => {
        const { ids } = withAllIds(append);
        return { ok: false, error: new StorageBlockedError(error.what, this.#uncertain ? 'unknown' : error.written, ids, { cause: error }) };
      });
    }
  }

  /**
   * The common case: all that is needed is remembered, so the records are added without reading, in one step that leaves
   * no open transaction behind. If another tab was faster, `add()` fails, nothing is written, and the log must be read.
   *
   * @returns undefined when the decision needs a look at the log
   */
  async #commitFromCache(appends: readonly Append[]): Promise<AppendOutcome[] | undefined> {
    const state = this.#rememberedState(appends);
    const outcomes = state && evaluateAppends(appends, state);
    // What is remembered may be old: add() finds that out for what is written, but a refusal would be taken for true.
    if (!state || !outcomes!.every(({ ok }) => ok) || state.tail === this.#cache.tail) return undefined;
    const records = recordsOf(outcomes!);
    try {
      await this.#connection.run(['commits'], 'readwrite', (transaction) => addAll(transaction, records), {
        durability: this.#durability,
      });
    } catch (error) {
      this.#uncertain = error instanceof LostConnection;
      if (!this.#uncertain && nameOf(error) !== 'ConstraintError') throw error;
      return undefined;
    }
    this.#cache.absorb(records);
    return outcomes;
  }

  async #commitAfterReading(appends: readonly Append[]): Promise<AppendOutcome[]> {
    let records: CommitRecord[] = [];
    const outcomes = await this.#connection.run(
      ['commits'],
      'readwrite',
      async (transaction) => {
        const again = this.#uncertain;
        const attempt = again ? appends.map(withAllIds) : appends;
        const decided = evaluateAppends(attempt, await readState(commitsOf(transaction), this.#cache, attempt));
        records = recordsOf(decided);
        addAll(transaction, records);
        // If this is run again, the connection was lost meanwhile.
        this.#uncertain = true;
        return again ? decided.map((outcome) => (outcome.ok ? { ...outcome, deduplicated: false } : outcome)) : decided;
      },
      { durability: this.#durability, repeatable: true },
    );
    this.#cache.absorb(records);
    return outcomes;
  }

  #rememberedState(appends: readonly Append[]): LogState | undefined {
    const { tail } = this.#cache;
    if (tail === undefined) return undefined;
    const heads = new Map<string, number>();
    for (const { writes, ids } of appends) {
      if (ids.length > 0) return undefined;
      for (const { stream } of writes) {
        const version = this.#cache.get(stream);
        if (version === undefined) return undefined;
        heads.set(stream, version);
      }
    }
    return { tail, heads, locations: new Map() };
  }
}

/** Issues all requests at once and lets the transaction commit, so that a tab that freezes now blocks nobody. */
export function addAll(transaction: IDBTransaction, records: readonly CommitRecord[]): void {
  const commits = commitsOf(transaction);
  for (const record of records) commits.add(record);
  transaction.commit();
}

export function recordsOf(outcomes: readonly AppendOutcome[]): CommitRecord[] {
  return toRecords(outcomes.flatMap((outcome) => (outcome.ok ? outcome.batches : [])));
}

function withAllIds(append: Append): Append {
  return { ...append, ids: append.writes.flatMap(({ batches }) => batches.flatMap(idsOf)) };
}
