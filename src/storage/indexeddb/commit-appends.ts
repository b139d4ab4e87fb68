import { isErmineError } from '../../event/errors.ts';
import { blockedOutcomes } from '../blocked-outcomes.ts';
import { evaluateAppends, type LogState } from '../evaluate-appends.ts';
import type { Append, AppendOutcome } from '../storage.ts';
import { withAllIds } from '../with-all-ids.ts';
import { addAll, recordsOf } from './add-records.ts';
import type { CommitRecord } from './commit-record.ts';
import { LostConnection, type Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import type { Later } from './later.ts';
import { nameOf } from './open-database.ts';
import { readState, readTail } from './read-state.ts';
import { commitsOf } from './schema.ts';

/** Tries against tabs that write all the time. */
const MAX_LOOKS = 16;

/** Appends to the log. Its end moves by `add()` of records whose key is the last position + 1, which only one tab can do. */
export class Committer {
  readonly #connection: Connection;
  readonly #cache: HeadCache;
  readonly #durability: 'strict' | 'relaxed';
  readonly #later: () => Promise<Later>;
  /** Whether an earlier try at the group under way may have gone through: then its event ids tell. */
  #uncertain = false;

  constructor(connection: Connection, cache: HeadCache, durability: 'strict' | 'relaxed', later: () => Promise<Later>) {
    this.#connection = connection;
    this.#later = later;
    this.#cache = cache;
    this.#durability = durability;
  }

  async commit(appends: readonly Append[]): Promise<readonly AppendOutcome[]> {
    this.#uncertain = false;
    try {
      // Documents and places are compared in the transaction that writes them.
      if (appends.some(({ documents, after }) => documents || after !== undefined)) return await this.#commitInOne(appends, (await this.#later()).checkDocuments);
      if (this.#cache.tail === undefined) this.#cache.reset(await this.#connection.look(readTail));
      return (await this.#commitFromCache(appends)) ?? (await this.#commitAfterLooking(appends)) ?? (await this.#commitInOne(appends));
    } catch (error) {
      this.#cache.reset(undefined);
      if (!isErmineError(error, 'STORAGE_BLOCKED')) throw error;
      return blockedOutcomes(appends, error, this.#uncertain);
    }
  }

  /** The common case: all that is needed is remembered, and nothing is read. @returns undefined when that is not enough */
  async #commitFromCache(appends: readonly Append[]): Promise<AppendOutcome[] | undefined> {
    const state = this.#rememberedState(appends);
    const outcomes = state && evaluateAppends(appends, state);
    // What is remembered may be old: adding finds that out for what is written, but a refusal would be taken for true.
    const records = outcomes?.every(({ ok }) => ok) ? recordsOf(outcomes) : [];
    return records.length > 0 && (await this.#add(records)) ? outcomes : undefined;
  }

  /**
   * Reads in one transaction and adds in another one. Neither waits for this tab once it has begun, so a tab that freezes
   * keeps nobody out. @returns undefined when others were faster each time
   */
  async #commitAfterLooking(appends: readonly Append[]): Promise<AppendOutcome[] | undefined> {
    for (let looks = 0; looks < MAX_LOOKS; looks++) {
      const attempt = this.#attempt(appends);
      const outcomes = evaluateAppends(attempt, await readState(this.#connection, this.#cache, attempt));
      const records = recordsOf(outcomes);
      if (records.length === 0 || (await this.#add(records))) return outcomes;
    }
    return undefined;
  }

  /** Reads and adds in one transaction, which no other tab can get ahead of, but which waits for this tab in between. */
  async #commitInOne(appends: readonly Append[], checkDocuments?: Later['checkDocuments']): Promise<AppendOutcome[]> {
    let records: CommitRecord[] = [];
    const outcomes = await this.#connection.run(
      checkDocuments ? ['commits', 'documents'] : ['commits'],
      'readwrite',
      async (transaction) => {
        const attempt = this.#attempt(appends);
        const state = await readState({ look: (body) => body(commitsOf(transaction)) }, this.#cache, attempt);
        const decided = evaluateAppends(attempt, state, await checkDocuments?.(attempt, transaction));
        records = recordsOf(decided);
        addAll(transaction, records, checkDocuments === undefined);
        // If this is run again, the connection was lost meanwhile.
        this.#uncertain = true;
        return decided;
      },
      { durability: this.#durability, repeatable: true },
    );
    this.#cache.absorb(records);
    return outcomes;
  }

  /** @returns false when another tab was faster, or the connection was lost: then the log must be read */
  async #add(records: readonly CommitRecord[]): Promise<boolean> {
    try {
      await this.#connection.run(['commits'], 'readwrite', (transaction) => addAll(transaction, records), { durability: this.#durability });
    } catch (error) {
      if (error instanceof LostConnection) this.#uncertain = true;
      else if (nameOf(error) !== 'ConstraintError') throw error;
      return false;
    }
    this.#cache.absorb(records);
    return true;
  }

  #attempt(appends: readonly Append[]): readonly Append[] {
    return this.#uncertain ? appends.map(withAllIds) : appends;
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
