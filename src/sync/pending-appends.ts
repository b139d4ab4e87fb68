import {
  ConcurrencyError,
  CorruptedIdempotencyError,
  StoreClosedError,
  StreamDeletedError,
  SyncRefusedError,
  isErmineError,
} from '../event/errors.ts';
import { idAt, newIdBase } from '../event/event-id.ts';
import { AnyVersion, meetsExpectation } from '../event/version.ts';
import { blockedAppend } from '../storage/blocked-outcomes.ts';
import type { Append } from '../storage/storage.ts';
import type { OutboxView } from './outbox.ts';
import { BEHIND_STUCK, countOf, hashOf, idsOfCommit, plainBatch, type PendingAppend, type PendingCommit } from './pending-commit.ts';
import { PendingIndex } from './pending-index.ts';
import { inScope } from './protocol-scope.ts';
import type { Scope } from './protocol.ts';
import { scopeOf, type Replica } from './replica.ts';

interface Waiting {
  readonly append: Append;
  readonly command: unknown;
  resolve(result: PendingAppend): void;
  reject(error: unknown): void;
}

/** Appends that one transaction holds at most. */
const MAX_GROUP_APPENDS = 200;

/** Writes appends to the outbox, in groups: those that come in while one is written form the next. */
export class PendingAppends {
  readonly #replica: Replica;
  readonly #filter: Scope | undefined;
  readonly #clock: () => number;
  #queue: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #index: PendingIndex | undefined;
  #closed = false;

  constructor(replica: Replica, filter: Scope | undefined, clock: () => number) {
    this.#replica = replica;
    this.#filter = filter;
    this.#clock = clock;
  }

  append(append: Append, command?: unknown): Promise<PendingAppend> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new StoreClosedError());
      this.#queue.push({ append, command, resolve, reject });
      this.#draining ??= Promise.resolve().then(() => this.#drain());
    });
  }

  /** Takes no further append, and resolves when those that were taken have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, MAX_GROUP_APPENDS);
      try {
        await this.#write(group);
      } catch (error) {
        // What wrote the outbox does not know the events.
        for (const { append, reject } of group) reject(isErmineError(error, 'STORAGE_BLOCKED') ? blockedAppend(append, error) : error);
      }
    }
    this.#draining = undefined;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    // Made once: after a lost connection its own commits are known by their ids.
    const ids = group.map(() => idAt(newIdBase(this.#clock()), 0));
    for (let tries = 0; ; tries++) {
      const view = await this.#replica.outbox.look();
      // After the look at the outbox: what is not pending any more by then is found here.
      const known = await Promise.all(group.map(({ append }) => this.#replica.confirmedResult(append)));
      const { state } = await this.#replica.state();
      // What is here was replicated with the scope of then.
      const scope = state.epoch === undefined ? this.#filter : scopeOf(state);
      // A try whose connection was lost may have been written: then it was decided on what is before it.
      const written = tries === 0 ? undefined : view.commits.find(({ commitId }) => ids.includes(commitId));
      const versions = await this.#replica.versions(new Set(group.flatMap(({ append }) => append.writes.map(({ stream }) => stream))));
      const before = written ? { ...view, commits: view.commits.filter(({ order }) => order < written.order) } : view;
      this.#index = this.#index?.next(before) ?? new PendingIndex(before);
      const run = new GroupDecision(before, this.#index, versions, scope);
      const outcomes = group.map(({ append, command }, i) => known[i] ?? run.decide(append, command, ids[i]!));
      const settle = (): void => outcomes.forEach((outcome, i) => (outcome instanceof Error ? group[i]!.reject(outcome) : group[i]!.resolve(outcome)));
      if (written) return settle();
      if (run.added.length === 0) {
        // What was confirmed between the looks at the outbox and at the log would count twice.
        if ((await this.#replica.outbox.look()).text !== view.text) continue;
        return settle();
      }
      if (await this.#replica.change(view, { added: run.added }, run.checked)) return settle();
    }
  }
}

/** Decides on appends one after the other, each on the streams as those before it leave them. */
class GroupDecision {
  readonly added: PendingCommit[] = [];
  /** The confirmed versions that the decisions rest on. */
  readonly checked = new Map<string, number>();
  readonly #view: OutboxView;
  readonly #confirmed: ReadonlyMap<string, number>;
  readonly #scope: Scope | undefined;
  readonly #index: PendingIndex;
  /** Events and ids that the group adds. */
  readonly #counts = new Map<string, number>();
  readonly #ids = new Set<string>();

  constructor(view: OutboxView, index: PendingIndex, confirmed: ReadonlyMap<string, number>, scope: Scope | undefined) {
    this.#view = view;
    this.#index = index;
    this.#confirmed = confirmed;
    this.#scope = scope;
  }

  decide(append: Append, command: unknown, commitId: string): PendingAppend | Error {
    const repeated = this.#isKnown(append) ? this.#repeated(append) : undefined;
    if (repeated) return repeated;
    for (const { stream, expectedVersion } of append.writes) {
      const confirmed = this.#confirmed.get(stream)!;
      if (!Number.isInteger(confirmed)) return new StreamDeletedError(stream);
      if (expectedVersion !== AnyVersion && !inScope(this.#scope, stream)) {
        return new SyncRefusedError('NOT_REPLICATED', `Stream "${stream}" is not replicated here, so its version is not known. Append with AnyVersion, or add it to the filter.`);
      }
      const version = this.#version(stream);
      if (!meetsExpectation(expectedVersion, version)) return new ConcurrencyError(stream, expectedVersion, version);
    }
    const stuck = append.writes.some(({ stream }) => this.#index.stuck.has(stream));
    const versions = append.writes.map(({ stream, batches }) => {
      this.checked.set(stream, this.#confirmed.get(stream)!);
      this.#count(stream, batches.reduce((sum, { count }) => sum + count, 0));
      return this.#version(stream);
    });
    const writes = append.writes.map(({ stream, expectedVersion, batches }) => ({
      stream,
      expected: expectedVersion,
      batches: batches.map(plainBatch),
    }));
    for (const id of append.ids) this.#ids.add(id);
    const { head } = this.#view;
    const numbered = this.added.filter(({ seq }) => seq !== null).length;
    this.added.push({
      order: head.next + this.added.length,
      seq: stuck ? null : head.seq + numbered,
      hash: hashOf(writes),
      commitId,
      writes,
      ...(command !== undefined && { command }),
      ...(stuck && { stuck: BEHIND_STUCK }),
    });
    return { versions, deduplicated: false };
  }

  /** Ids are mostly new, and there may be many commits: only when one is not, it is looked for. */
  #isKnown({ ids }: Append): boolean {
    return ids.length > 0 && (this.#index.hasAny(ids) || ids.some((id) => this.#ids.has(id)));
  }

  /** The first result, when these are the events of a commit that is pending. */
  #repeated({ writes, ids }: Append): PendingAppend | Error | undefined {
    const wanted = new Set(ids);
    const running = new Map(this.#confirmed);
    for (const commit of [...this.#view.commits, ...this.added]) {
      const own = idsOfCommit(commit);
      for (const write of commit.writes) if (running.has(write.stream)) running.set(write.stream, running.get(write.stream)! + countOf(write));
      const known = own.filter((id) => wanted.has(id));
      if (known.length === 0) continue;
      const same = own.length === ids.length && own.every((id, i) => id === ids[i]) && commit.writes.every(({ stream }, i) => stream === writes[i]?.stream);
      if (!same) return new CorruptedIdempotencyError(writes[0]!.stream, known);
      return { versions: writes.map(({ stream }) => running.get(stream)!), deduplicated: true };
    }
    return undefined;
  }

  #version(stream: string): number {
    return this.#confirmed.get(stream)! + (this.#index.counts.get(stream) ?? 0) + (this.#counts.get(stream) ?? 0);
  }

  #count(stream: string, events: number): void {
    this.#counts.set(stream, (this.#counts.get(stream) ?? 0) + events);
  }
}
