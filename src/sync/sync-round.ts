import { SyncStoppedError } from '../event/errors.ts';
import { idAt, newIdBase } from '../event/event-id.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { ConflictResolution, type PolicyAnswers, type ResolveSettings } from './resolve-conflicts.ts';
import { isVoid, type RejectionReason } from './pending-commit.ts';
import type { PullAnswer, Scope } from './protocol.ts';
import { firstUnconfirmed, reasonOf, renumbered, selectCommits, smallerLimits, type PushLimits } from './push-outbox.ts';
import type { Successor } from './generations.ts';
import type { OutboxView } from './outbox.ts';
import { isUntouched, moveState, sameScope, type KnownState, type ReplicaScope, type ReplicaState } from './replica-state.ts';
import { scopeOf, type Replica } from './replica.ts';
import { NoAnswer, ask, readPulledBatches, requestHead } from './server-messages.ts';
import { takeOver } from './take-over.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';

export interface RoundSettings extends ResolveSettings {
  readonly filter: Scope | undefined;
  readonly lanes: boolean;
  readonly clock: () => number;
  /** Opens what will be replicated into when the scope has changed; absent: then sync stops. */
  readonly openSuccessor?: ((scope: ReplicaScope, clientId: string) => Promise<Successor>) | undefined;
}

export interface RoundProgress {
  pushing(done: number, total: number): void;
  pulling(position: number, head: number): void;
}

/** Rounds that change nothing, though there is something to push; a conflict needs two to be believed. */
const MAX_IDLE_ROUNDS = 4;

/** The steps of sync: each may be done by any tab at any time, and again. */
export class SyncRounds {
  readonly #replica: Replica;
  readonly #transport: Transport;
  readonly #settings: RoundSettings;
  readonly #progress: RoundProgress;
  readonly #signal: () => AbortSignal;
  #limits: PushLimits | undefined;
  /** How often the server has objected to a commit that still stands here, by its hash. */
  readonly #doubts = new Map<string, number>();
  /** Streams that were pulled and not yet compared with the outbox; undefined: any may have been. */
  #moved: Set<string> | undefined;

  /** @param signal of the moment: once aborted, nothing more is asked, and a round fails */
  constructor(replica: Replica, transport: Transport, settings: RoundSettings, progress: RoundProgress, signal: () => AbortSignal) {
    this.#replica = replica;
    this.#transport = transport;
    this.#settings = settings;
    this.#progress = progress;
    this.#signal = signal;
  }

  /** Pushes, pulls and resolves until there is nothing left to do. @param retry whether stuck commits are tried again */
  async run(retry: boolean): Promise<void> {
    if (!(await isUntouched(this.#replica.log, this.#replica.documents))) throw foreignEvents();
    if ((await this.#replica.outbox.look()).head.movedTo !== undefined) throw movedOn();
    this.#limits ??= await this.#greet();
    let view = await this.#replica.outbox.look();
    let known = await this.#replica.state();
    let before = '';
    let idle = 0;
    for (let again = retry; ; again = false) {
      const refusals = await this.#push(view, known);
      known = await this.#pull(known);
      view = await this.#resolve(refusals, again);
      if (!view.commits.some(({ seq }) => seq !== null)) return;
      const after = `${view.text} ${known.text}`;
      idle = after === before ? idle + 1 : 0;
      if (idle === MAX_IDLE_ROUNDS) throw new SyncStoppedError('NO_PROGRESS', 'The server takes the pending commits, but they do not come back. They stay pending.');
      before = after;
    }
  }

  /** Pulls all there is, and does nothing else. */
  async fill(): Promise<void> {
    await this.#greet();
    await this.#pull(await this.#replica.state(), () => Promise.reject(scopeMoves()));
  }

  /** The server may have changed: it is asked again. */
  forget(): void {
    this.#limits = undefined;
    this.#moved = undefined;
  }

  /** What every request begins with, as the beginning of an object. */
  async head(): Promise<string> {
    const { head } = await this.#replica.outbox.look();
    return requestHead(head.clientId, (await this.#replica.state()).state);
  }

  async #greet(): Promise<PushLimits> {
    const hello = await ask(this.#transport, 'hello', `${await this.head()}}`, 'helloAnswer', this.#signal());
    this.#checkEpoch(hello.epoch, (await this.#replica.state()).state);
    return hello;
  }

  /** @returns why the server refuses commits, by their hashes */
  async #push(view: OutboxView, known: KnownState): Promise<Map<string, RejectionReason>> {
    const refusals = new Map<string, RejectionReason>();
    const { state } = known;
    const selection = selectCommits(view, this.#limits!);
    const { commits, text, tooLarge } = selection;
    if (tooLarge) return refusals.set(tooLarge.hash, { code: 'EVENT_TOO_LARGE', message: `The commit is larger than the ${this.#limits!.maxCommitBytes} bytes that the server takes.` });
    if (commits.length === 0) return refusals;
    this.#progress.pushing(0, view.commits.length);
    const body = `${requestHead(view.head.clientId, state)},"from":${firstUnconfirmed(view)},"lanes":${this.#settings.lanes},"commits":${text}}`;
    const answer = await ask(this.#transport, 'push', body, 'pushAnswer', this.#signal()).catch((error: unknown) => void (this.#limits = smallerLimits(this.#limits!, selection, error)));
    if (!answer) return this.#push(view, known);
    const { epoch, results } = answer;
    this.#checkEpoch(epoch, state);
    for (const result of results) {
      const commit = commits.find(({ seq }) => seq === result.seq);
      if (!commit || result.status === 'accepted' || result.status === 'seen' || result.status === 'wait') continue;
      if (result.status === 'refused') refusals.set(commit.hash, reasonOf(result));
      // The outbox may have changed since: what was said is of what it was.
      else if ((await this.#replica.outbox.look()).text !== view.text) continue;
      else if (result.status === 'gap') throw new SyncStoppedError('HISTORY_LOST', 'The server misses commits that it had confirmed: it was restored from an older backup. What is pending stays.');
      else if (result.status === 'taken' && isVoid(commit)) await this.#replica.change(view, { removed: [commit.order] });
      else {
        // After the pull that follows it should not stand any more. If it does, the server's word counts.
        const doubts = (this.#doubts.get(commit.hash) ?? 0) + 1;
        this.#doubts.set(commit.hash, doubts);
        if (doubts < 2) this.#moved = undefined;
        else if (result.status === 'conflict') refusals.set(commit.hash, reasonOf(result));
        else await this.#replica.change(view, renumbered(view, idAt(newIdBase(this.#settings.clock()), 0)));
      }
    }
    this.#progress.pushing(results.length, view.commits.length);
    return refusals;
  }

  /** @param known need not be of now: what another tab has pulled since is found when it is written @returns as it is then */
  async #pull(known: KnownState, moveOn = (scope: ReplicaScope) => this.#moveOn(scope)): Promise<KnownState> {
    let ahead: { readonly after: number; readonly answer: Promise<PullAnswer> } | undefined;
    const { filter } = this.#settings;
    for (;;) {
      const { clientId } = (this.#replica.outbox.seen ?? (await this.#replica.outbox.look())).head;
      let answer = await (ahead?.after === known.state.cursor ? ahead.answer : this.#pullPage(clientId, known.state, known.state.cursor));
      const scopeIn = ({ readable }: PullAnswer): ReplicaScope => ({ ...(filter && { filter }), ...(readable && { readable }) });
      const next = { epoch: answer.epoch, ...scopeIn(answer) };
      const scope = scopeOf({ ...known.state, ...next });
      if (known.state.epoch !== undefined && !sameScope(known.state, next)) await moveOn(next);
      const batches: EventBatch[] = readPulledBatches(answer, known.state.cursor);
      while (answer.coveredTo < answer.head && (await this.#replica.splits(batches, scope))) {
        const after = answer.coveredTo;
        answer = await this.#pullPage(clientId, known.state, after);
        if (!sameScope(scopeIn(answer), next)) throw scopeMoves();
        batches.push(...readPulledBatches(answer, after));
      }
      // The server reads the next page while this one is written.
      ahead = answer.coveredTo < answer.head ? this.#pullAhead(clientId, moveState({ ...known.state, ...next }, batches, answer.coveredTo)) : undefined;
      const placed = await this.#replica.place(known, next, { batches, coveredTo: answer.coveredTo, taken: { clientId, numbers: answer.taken } });
      if (placed) {
        known = placed.known;
        for (const stream of placed.moved) this.#moved?.add(stream);
        this.#progress.pulling(answer.coveredTo, answer.head);
        if (answer.coveredTo === answer.head) return known;
      } else {
        if (!(await isUntouched(this.#replica.log, this.#replica.documents))) throw foreignEvents();
        this.#moved = undefined;
        known = await this.#replica.state();
      }
    }
  }

  /**
   * What was replicated with another scope has gaps that a pull from here on does not fill. The new scope is pulled from the
   * start into a storage beside this one, which takes over the outbox when it is whole.
   */
  async #moveOn(scope: ReplicaScope): Promise<never> {
    const { openSuccessor } = this.#settings;
    if (!openSuccessor) throw new SyncStoppedError('SCOPE_CHANGED', 'What is replicated here is not what it was. Give openSyncedStore a function as its storage: then what is wanted now is replicated beside it.');
    const { head } = await this.#replica.outbox.look();
    const { generation, replica, close } = await openSuccessor(scope, head.clientId);
    try {
      const filling = new SyncRounds(replica, this.#transport, this.#settings, this.#progress, this.#signal);
      for (let next: number | undefined; next === undefined; ) {
        const known = await this.#replica.state();
        await filling.fill();
        // What is confirmed here is there only if the server still had it afterwards.
        await this.#pullPage(head.clientId, known.state, known.state.cursor);
        next = await this.#replica.moveTo(generation, known);
        if (next === generation) await takeOver(this.#replica, replica);
      }
    } finally {
      await close();
    }
    throw movedOn();
  }

  #pullAhead(clientId: string, state: ReplicaState): { readonly after: number; readonly answer: Promise<PullAnswer> } {
    const answer = this.#pullPage(clientId, state, state.cursor);
    // When another tab was faster, nobody asks how it went.
    answer.catch(() => undefined);
    return { after: state.cursor, answer };
  }

  async #pullPage(clientId: string, state: ReplicaState, after: number): Promise<PullAnswer> {
    const { filter } = this.#settings;
    const witness = state.tailId === undefined ? undefined : { position: state.tail, id: state.tailId };
    const rest = JSON.stringify({ after, ...(witness && { witness }), ...(filter && { filter }) });
    const answer = await ask(this.#transport, 'pull', `${requestHead(clientId, state)},${rest.slice(1)}`, 'pullAnswer', this.#signal());
    this.#checkEpoch(answer.epoch, state);
    return answer;
  }

  /** @returns the outbox as it is then */
  async #resolve(refusals: ReadonlyMap<string, RejectionReason>, retry: boolean): Promise<OutboxView> {
    const { outbox, log } = this.#replica;
    const answers: PolicyAnswers = new Map();
    for (;;) {
      const seen = outbox.seen;
      const view = await outbox.look();
      // Another tab has been here: what it pulled is not known.
      if (view !== seen && view.head.edits !== seen?.head.edits) this.#moved = undefined;
      const moved = this.#moved;
      this.#moved = new Set();
      if (refusals.size === 0 && !retry && moved?.size === 0) return view;
      const streams = new Set(view.commits.flatMap(({ writes }) => writes.map(({ stream }) => stream)));
      const concerned = refusals.size > 0 || retry || moved === undefined || [...streams].some((stream) => moved.has(stream));
      if (!concerned || streams.size === 0) return view;
      const versions = await this.#replica.replicatedVersions(streams);
      // A policy may take its time.
      const change = await untilAborted(this.#signal(), () => new ConflictResolution(log, this.#settings, view, versions, refusals, retry, answers).run());
      if (!change) return view;
      if (await this.#replica.change(view, change, versions)) return outbox.look();
      this.#moved = undefined;
    }
  }

  #checkEpoch(epoch: string, state: ReplicaState): void {
    if (state.epoch === undefined || state.epoch === epoch) return;
    throw new SyncStoppedError('EPOCH_CHANGED', 'The log of the server is another one than before. What is here stays as it is, and nothing is sent.');
  }
}

function scopeMoves(): NoAnswer {
  return new NoAnswer('What may be read has changed while it was pulled. It is pulled anew later.');
}

function foreignEvents(): SyncStoppedError {
  return new SyncStoppedError('FOREIGN_EVENTS', 'Somebody appended to the storage without sync. Open it with openSyncedStore only.');
}

function movedOn(): SyncStoppedError {
  return new SyncStoppedError('SCOPE_CHANGED', 'Another part of the log is replicated now, in a storage of its own, with all that is pending. Open the store again.');
}
