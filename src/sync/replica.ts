import { SyncRefusedError, isErmineError } from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { isTombstone } from '../event/tombstone.ts';
import { AnyVersion } from '../event/version.ts';
import type { AppendQueue } from '../storage/append-queue.ts';
import type { Append, DocumentLog, DocumentWrites, Log } from '../storage/storage.ts';
import { Outbox, writeMove, type OutboxChange, type OutboxView } from './outbox.ts';
import { endsOf, type PendingAppend } from './pending-commit.ts';
import { intersectScopes, scopeTest } from './protocol-scope.ts';
import { confirmedBy, idsIn, movedBy, type PulledPage } from './pulled-page.ts';
import type { Scope } from './protocol.ts';
import { REPLICA, moveState, readReplicaState, type KnownState, type ReplicaState } from './replica-state.ts';

export interface PlacedPage {
  readonly known: KnownState;
  /** Streams that do not just hold confirmed now what was pending here. */
  readonly moved: ReadonlySet<string>;
}

/** A log that repeats the server's, with its documents: every method is one transaction, safe with other tabs at work. */
export class Replica {
  readonly log: Log;
  readonly documents: DocumentLog;
  readonly outbox: Outbox;
  readonly #queue: Pick<AppendQueue, 'append'>;
  readonly #onChange: () => void;

  /**
   * @param queue writes to the log; one group at a time
   * @param onChange called when this tab has changed the outbox
   */
  constructor(log: Log, documents: DocumentLog, queue: Pick<AppendQueue, 'append'>, onChange: () => void) {
    this.log = log;
    this.documents = documents;
    this.outbox = new Outbox(documents);
    this.#queue = queue;
    this.#onChange = onChange;
  }

  state(): Promise<KnownState> {
    return readReplicaState(this.documents);
  }

  /** Confirmed versions, with the half that tells a deleted stream. */
  async versions(streams: Iterable<string>): Promise<Map<string, number>> {
    const found = await Promise.all([...streams].map(async (stream) => [stream, await this.log.streamInfo(stream)] as const));
    return new Map(found.map(([stream, info]) => [stream, info ? info.version + (info.deleted ? 0.5 : 0) : 0]));
  }

  /** The same, without streams that are not replicated: of those only the server knows. */
  async replicatedVersions(streams: Iterable<string>): Promise<Map<string, number>> {
    return this.versions([...streams].filter(scopeTest(scopeOf((await this.state()).state))));
  }

  /** The versions that an append with these event ids has led to, when they are in the confirmed log. */
  async confirmedResult(append: Append): Promise<PendingAppend | Error | undefined> {
    if (append.ids.length === 0) return undefined;
    // An expectation that no stream meets: ids are looked for first, so nothing can be written.
    const writes = append.writes.map((write) => ({ ...write, expectedVersion: Number.MAX_SAFE_INTEGER }));
    try {
      const { results } = await this.#queue.append({ ...append, writes });
      return { versions: results.map(({ version }) => version), deduplicated: true };
    } catch (error) {
      if (isErmineError(error, 'CORRUPTED_IDEMPOTENCY')) return error;
      if (isErmineError(error, 'CONCURRENCY_CONFLICT') || isErmineError(error, 'STREAM_DELETED')) return undefined;
      throw error;
    }
  }

  /** Whether a page ends within a commit of this replica, of which more must be pulled before any is placed. */
  async splits(batches: readonly EventBatch[], scope: Scope | undefined): Promise<boolean> {
    const { commits } = await this.outbox.look();
    if (commits.length === 0) return false;
    const ids = idsIn(batches);
    const isWanted = scopeTest(scope);
    return commits.some((commit) => {
      const ends = endsOf(commit, isWanted);
      return ends !== undefined && ids.has(ends.first) && !ids.has(ends.last);
    });
  }

  /**
   * Writes what was pulled, moves the cursor and takes the commits that are confirmed by it out of the outbox, at once.
   *
   * @returns undefined when another tab was faster: then look again
   */
  async place(known: KnownState, next: Omit<ReplicaState, 'cursor' | 'tail' | 'tailId'>, page: PulledPage): Promise<PlacedPage | undefined> {
    const { batches, coveredTo } = page;
    for (const { stream, version } of batches.filter(isTombstone)) {
      await this.log.truncateStream(stream, version);
      await this.log.snapshots.delete(stream, undefined);
    }
    const view = await this.outbox.look();
    checkInUse(view);
    const state = moveState({ ...known.state, ...next }, batches, coveredTo);
    const change = confirmedBy(view, page, scopeOf(state));
    const plan = change && this.outbox.plan(view, change);
    const text = JSON.stringify(state);
    const documents: DocumentWrites = {
      expect: [{ ...REPLICA, data: known.text }, ...(plan?.writes.expect ?? [])],
      puts: [{ ...REPLICA, data: text }, ...(plan?.writes.puts ?? [])],
      deletes: plan?.writes.deletes ?? [],
    };
    const writes = batches.map((batch) => ({ stream: batch.stream, expectedVersion: AnyVersion, batches: [batch] }));
    if (!(await this.#write(writes, documents, known.state.tail))) return undefined;
    if (plan) this.#wrote(plan.view);
    return { known: { state, text }, moved: movedBy(view, change, batches) };
  }

  /**
   * Changes the outbox if it is as it was seen.
   *
   * @param versions confirmed versions that the change rests on
   * @param more other documents that belong to the change
   * @returns false when something was not as seen: then look again
   */
  async change(view: OutboxView, change: OutboxChange, versions: ReadonlyMap<string, number> = new Map(), more: DocumentWrites = {}): Promise<boolean> {
    checkInUse(view);
    const plan = this.outbox.plan(view, change);
    // A deleted stream cannot be checked, and does not change any more.
    const checks = [...versions].filter(([, version]) => Number.isInteger(version));
    const writes = checks.map(([stream, expectedVersion]) => ({ stream, expectedVersion, batches: [] }));
    const documents = { ...plan.writes, expect: [...plan.writes.expect!, ...(more.expect ?? [])], puts: [...plan.writes.puts!, ...(more.puts ?? [])] };
    if (!(await this.#write(writes, documents, undefined))) return false;
    this.#wrote(plan.view);
    return true;
  }

  /**
   * Nothing is written here any more: a later generation goes on with it.
   *
   * @param known what that one has as well
   * @returns which one: another tab may have said so first; undefined when more is here meanwhile
   */
  async moveTo(generation: number, known: KnownState): Promise<number | undefined> {
    const next = await writeMove(this.documents, generation, known);
    await this.outbox.look();
    if (next !== undefined) this.#onChange();
    return next;
  }

  async #write(writes: readonly { stream: string; expectedVersion: number; batches: readonly EventBatch[] }[], documents: DocumentWrites, after: number | undefined): Promise<boolean> {
    if (writes.length === 0) return this.documents.write(documents);
    try {
      await this.#queue.append({ writes, ids: [], documents, ...(after !== undefined && { after }) });
      return true;
    } catch (error) {
      const code = isErmineError(error) ? error.code : undefined;
      if (code === 'DOCUMENT_CONFLICT' || code === 'CONCURRENCY_CONFLICT' || code === 'STREAM_DELETED') return false;
      throw error;
    }
  }

  #wrote(view: OutboxView): void {
    this.outbox.wrote(view);
    this.#onChange();
  }
}

function checkInUse({ head }: OutboxView): void {
  if (head.movedTo !== undefined) throw new SyncRefusedError('MOVED', 'Another part of the log is replicated now, in a storage of its own, with all that is pending. Open the store again.');
}

/** The streams that are replicated. */
export function scopeOf({ filter, readable }: ReplicaState): Scope | undefined {
  return intersectScopes(filter, readable);
}
