import type { Event, EventData } from '../event/event.ts';
import { decodeBatch, type EventDecoder, type NewBatch, type RawEvent } from '../event/event-batch.ts';
import { categoryOf, splitStreamName, streamIdToString } from '../event/stream-id.ts';
import { meetsExpectation } from '../event/version.ts';
import type { Log } from '../storage/storage.ts';
import type { Conflict, ConflictPolicies, ConflictPolicy, RedecidePolicy, Redecision } from './conflict-policy.ts';
import { keepIdentity } from './keep-identity.ts';
import type { OutboxChange, OutboxView } from './outbox.ts';
import { BEHIND_STUCK, countOf, createVoid, hashOf, idIn, isVoid, plainBatch, type PendingCommit, type PendingWrite, type RejectedCommit, type RejectionReason } from './pending-commit.ts';
import { asPending, pendingEvents, type LoadedEvent } from './pending-events.ts';
import { siblingOf } from './sibling-stream.ts';

export interface ResolveSettings {
  readonly policies: ConflictPolicies;
  readonly encode: (stream: string, events: readonly EventData[]) => readonly NewBatch[] | Promise<readonly NewBatch[]>;
  readonly decoder: EventDecoder;
}

/** A commit that a policy has changed so often is given up. */
const MAX_ATTEMPTS = 20;

type Decision = { readonly writes: readonly PendingWrite[] } | { readonly reason: RejectionReason } | { readonly stuck: string };

/** What policies have answered, by what they were asked: they are not asked twice while others keep changing the outbox. */
export type PolicyAnswers = Map<string, Promise<Redecision<Event>>>;

/**
 * Folds the outbox over the confirmed versions, and has the policies decide on every commit that does not hold there.
 *
 * @param refusals what the server says of commits by their hashes, which are given up for it
 * @param retry whether the stuck ones are tried again
 * @returns undefined when nothing changes
 */
export class ConflictResolution {
  readonly #log: Log;
  readonly #settings: ResolveSettings;
  readonly #view: OutboxView;
  readonly #refusals: ReadonlyMap<string, RejectionReason>;
  readonly #retry: boolean;
  readonly #answers: PolicyAnswers;
  /** Versions by stream, as the commits so far leave them; of one that is not replicated as they take it to be. */
  readonly #running: Map<string, number>;
  readonly #confirmed: ReadonlyMap<string, number>;
  /** Streams of which a commit has gone or changed: later ones were decided on what is not there. */
  readonly #disturbed = new Set<string>();
  readonly #stopped = new Set<string>();
  /** Where the commits of a stream go that keep both. */
  readonly #siblings = new Map<string, string>();
  readonly #kept: PendingCommit[] = [];
  readonly #replaced: PendingCommit[] = [];
  readonly #added: PendingCommit[] = [];
  readonly #removed: number[] = [];
  readonly #rejected: RejectedCommit[] = [];
  #seq: number;

  constructor(log: Log, settings: ResolveSettings, view: OutboxView, confirmed: ReadonlyMap<string, number>, refusals: ReadonlyMap<string, RejectionReason>, retry: boolean, answers: PolicyAnswers) {
    this.#log = log;
    this.#settings = settings;
    this.#view = view;
    this.#confirmed = confirmed;
    this.#running = new Map(confirmed);
    this.#refusals = refusals;
    this.#retry = retry;
    this.#answers = answers;
    this.#seq = view.head.seq;
  }

  async run(): Promise<OutboxChange | undefined> {
    for (const commit of this.#view.commits) if (!isVoid(commit)) await this.#fold(commit);
    if (this.#replaced.length + this.#added.length + this.#removed.length === 0) return undefined;
    return { replaced: this.#replaced, added: this.#added, removed: this.#removed, rejected: this.#rejected, seq: this.#seq };
  }

  async #fold(commit: PendingCommit): Promise<void> {
    if (commit.stuck !== undefined && !this.#retry) return this.#stop(commit);
    if (commit.writes.some(({ stream }) => this.#stopped.has(stream))) {
      return this.#settle(commit, { stuck: BEHIND_STUCK });
    }
    const refusal = commit.seq === null ? undefined : this.#refusals.get(commit.hash);
    if (refusal) return this.#settle(commit, { reason: refusal });
    const stale = commit.writes.filter((write) => this.#isStale(write));
    if (stale.length > 0) return this.#settle(commit, await this.#decide(commit, stale));
    if (commit.stuck !== undefined) return this.#replace(commit, commit.writes);
    this.#keep(commit);
  }

  #isStale({ stream, expected }: PendingWrite): boolean {
    const disturbed = expected >= 0 && this.#disturbed.has(stream);
    const version = this.#running.get(stream);
    // Not replicated: the server decides.
    if (version === undefined) return disturbed;
    return !Number.isInteger(version) || !meetsExpectation(expected, version) || disturbed;
  }

  /** Every stream that has moved must have a policy that lets its part of the commit go on. */
  async #decide(commit: PendingCommit, stale: readonly PendingWrite[]): Promise<Decision> {
    if ((commit.attempts ?? 0) >= MAX_ATTEMPTS) {
      return this.#because(stale[0]!, 'TOO_MANY_ATTEMPTS', `The stream has moved ${MAX_ATTEMPTS} times while this was on its way.`);
    }
    try {
      const writes: PendingWrite[] = [];
      for (const write of commit.writes) {
        const decided = stale.includes(write) ? await this.#decideWrite(commit, write) : write;
        if ('reason' in decided) return decided;
        writes.push(decided);
      }
      return { writes };
    } catch (error) {
      return { stuck: error instanceof Error ? error.message : String(error) };
    }
  }

  async #decideWrite(commit: PendingCommit, write: PendingWrite): Promise<PendingWrite | { readonly reason: RejectionReason }> {
    const { stream, expected } = write;
    if (!this.#confirmed.has(stream)) return this.#because(write, 'CONCURRENCY_CONFLICT', `What this was decided on has gone, and stream "${stream}" is not replicated here.`);
    const version = this.#running.get(stream)!;
    if (!Number.isInteger(version)) return this.#because(write, 'STREAM_DELETED', `Stream "${stream}" was deleted.`);
    const conflict: Conflict = { streamId: splitStreamName(stream), expectedVersion: expected, actualVersion: version, commitId: commit.commitId };
    const policy = this.#policyOf(stream);
    if (policy === 'rebase') return { ...write, expected: version };
    if (policy === 'keepBoth') return this.#beside(write, siblingOf(stream, commit.commitId));
    if (typeof policy === 'object' && 'keepBoth' in policy) return this.#beside(write, streamIdToString(policy.keepBoth(conflict.streamId, conflict)));
    if (policy === 'reject' || commit.command === undefined || commit.writes.length > 1) {
      return this.#because(write, 'CONCURRENCY_CONFLICT', `Stream "${stream}" is at version ${version}, expected ${expected}.`);
    }
    const answer = await this.#ask(policy, commit, conflict, stream);
    if ('rejected' in answer) return this.#because(write, 'REJECTED', answer.rejected);
    const decided = [answer].flat() as readonly EventData[];
    if (decided.length === 0) return this.#because(write, 'REJECTED', 'The decision on the stream as it is now has no events.');
    return { stream, expected: version, batches: (await this.#settings.encode(stream, keepIdentity(decided, write))).map(plainBatch) };
  }

  #ask(policy: RedecidePolicy, { order, hash, command }: PendingCommit, conflict: Conflict, stream: string): Promise<Redecision<Event>> {
    const version = this.#confirmed.get(stream)!;
    const before = this.#kept.filter(({ writes }) => writes.some((write) => write.stream === stream));
    const question = [order, hash, stream, version, ...before.map((kept) => kept.hash)].join(' ');
    const decide = async (): Promise<Redecision<Event>> => {
      const { decoder } = this.#settings;
      const confirmed = (await decoder.decode(await confirmedEvents(this.#log, stream))) as readonly LoadedEvent[];
      const pending = asPending(await decoder.decode(pendingEvents(before, stream, version)));
      // A copy: what a policy does to it must not change what waits.
      return policy.redecide(structuredClone(command), [...confirmed, ...pending], conflict);
    };
    const answer = this.#answers.get(question) ?? decide();
    this.#answers.set(question, answer);
    return answer;
  }

  #because({ stream, expected }: PendingWrite, code: string, message: string): { readonly reason: RejectionReason } {
    const actual = this.#confirmed.has(stream) && { actualVersion: Math.floor(this.#running.get(stream)!) };
    return { reason: { code, message, stream, expectedVersion: expected, ...actual } };
  }

  #policyOf(stream: string): ConflictPolicy {
    const { policies } = this.#settings;
    const category = categoryOf(stream);
    return (Object.hasOwn(policies, category) ? policies[category] : policies['*']) ?? 'reject';
  }

  /** Later commits of the stream that keep both go to the same sibling. */
  #beside(write: PendingWrite, name: string): PendingWrite {
    const sibling = this.#siblings.get(write.stream) ?? name;
    this.#siblings.set(write.stream, sibling);
    const expected = this.#running.get(sibling) ?? 0;
    return { stream: sibling, expected, batches: write.batches.map((batch) => ({ ...batch, stream: sibling })) };
  }

  #settle(commit: PendingCommit, decision: Decision): void {
    for (const { stream } of commit.writes) this.#disturbed.add(stream);
    if ('writes' in decision) return this.#replace(commit, decision.writes);
    if ('reason' in decision) {
      const { commitId, writes, command, former } = commit;
      this.#rejected.push({ commitId, writes, ...(command !== undefined && { command }), ...(former && { former }), reason: decision.reason });
      if (commit.seq === null) this.#removed.push(commit.order);
      else this.#replaced.push(createVoid(commit.order, commit.seq));
      return;
    }
    if (commit.seq !== null) this.#added.push(createVoid(this.#view.head.next + this.#added.length, commit.seq));
    if (commit.seq !== null || commit.stuck !== decision.stuck) this.#replaced.push({ ...commit, seq: null, stuck: decision.stuck });
    this.#stop(commit);
  }

  #replace(commit: PendingCommit, writes: readonly PendingWrite[]): void {
    const { stuck: _, former = [], attempts = 0, ...rest } = commit;
    const last = commit.writes.flatMap(({ batches }) => batches).at(-1);
    const changed: PendingCommit = {
      ...rest,
      seq: commit.seq ?? this.#seq++,
      writes,
      hash: hashOf(writes),
      attempts: attempts + 1,
      former: last ? [...former, idIn(last, last.count - 1)] : former,
    };
    this.#replaced.push(changed);
    this.#keep(changed);
  }

  #keep(commit: PendingCommit): void {
    this.#kept.push(commit);
    for (const write of commit.writes) {
      const before = this.#running.get(write.stream) ?? write.expected;
      if (before >= 0) this.#running.set(write.stream, before + countOf(write));
    }
  }

  #stop(commit: PendingCommit): void {
    for (const { stream } of commit.writes) this.#stopped.add(stream);
    this.#keep(commit);
  }
}

async function confirmedEvents(log: Log, stream: string): Promise<RawEvent[]> {
  const events: RawEvent[] = [];
  for (let from: number | undefined = 1; from !== undefined; ) {
    const page = await log.readStream(stream, { from, limit: 1_024, direction: 'forwards' });
    events.push(...page.batches.flatMap((batch) => decodeBatch(batch)));
    from = page.next;
  }
  return events;
}
