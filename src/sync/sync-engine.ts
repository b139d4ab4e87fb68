import { BehaviorSubject } from 'rxjs';
import { SyncStoppedError, isErmineError } from '../event/errors.ts';
import { lead, type LockManagerLike } from '../tabs/leadership.ts';
import { backoffMs } from './backoff.ts';
import { noCall, type Call } from './call.ts';
import { LiveHints } from './live-hints.ts';
import type { Replica } from './replica.ts';
import { NoAnswer, ServerFailure } from './server-messages.ts';
import { Sleeper } from './sleeper.ts';
import { SyncRounds, type RoundProgress, type RoundSettings } from './sync-round.ts';
import type { Timers } from './timers.ts';
import type { SyncStatus } from './sync-status.ts';
import type { Transport } from './transport.ts';

export interface EngineSettings extends RoundSettings {
  readonly transport: Transport;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly timers: Timers;
  readonly locks: LockManagerLike | undefined;
  /** Names the lock of those that share the replica. */
  readonly name: string;
  /** How often the server is asked when no hint comes. */
  readonly pollIntervalMs: number;
  /** A tab that does not lead waits so long for what the leading one should have done. */
  readonly takeoverMs: number;
  readonly paused?: boolean;
}

/** Answers after which trying again by itself is of no use. */
const FINAL: ReadonlySet<string> = new Set(['EPOCH_CHANGED', 'HISTORY_LOST', 'PROTOCOL', 'CLIENT_OF_ANOTHER_USER', 'FOREIGN_EVENTS', 'SCOPE_CHANGED']);

/** Keeps a replica in step with its server, for as long as the tab lives. */
export class SyncEngine {
  readonly status$ = new BehaviorSubject<SyncStatus>({ state: 'connecting' });
  readonly #replica: Replica;
  readonly #settings: EngineSettings;
  readonly #rounds: SyncRounds;
  readonly #closing = new AbortController();
  /** Aborted while it is paused, and when it is closed. */
  #running = new AbortController();
  /** Until it is aborted, this tab leads. */
  #leading: AbortSignal | undefined;
  readonly #live: LiveHints;
  readonly #sleeper: Sleeper;
  readonly #ended: Promise<void>;
  /** An attempt takes it; what comes meanwhile is for the next one. */
  #call: Call = { ...noCall(), wanted: true, retry: true };
  #failures = 0;
  #backingOff = false;
  /** Only `now()` helps, or `resume()`, which shows the reason again. */
  #frozen = false;

  constructor(replica: Replica, settings: EngineSettings) {
    this.#replica = replica;
    this.#settings = settings;
    this.#sleeper = new Sleeper(settings.timers, this.#closing.signal);
    if (settings.paused) this.#running.abort();
    this.#rounds = new SyncRounds(replica, settings.transport, settings, this.#progress(), () => this.#running.signal);
    this.#live = new LiveHints(replica, {
      transport: settings.transport,
      timers: settings.timers,
      requestHead: () => this.#rounds.head(),
      backoffMs: (failures) => backoffMs(failures, settings.random()),
      wake: () => this.wake(),
    });
    void lead(settings.locks, settings.name, this.#closing.signal, (signal) => this.#lead(signal));
    this.#ended = this.#run();
  }

  /** There may be something to do. After a failure it waits for the next try, unless it is `urgent`: the server may be back. */
  wake(urgent = false): void {
    this.#call.wanted = true;
    this.#call.urgent ||= urgent;
    if (urgent || !this.#backingOff) this.#sleeper.wake();
  }

  /** Syncs at once, whoever leads, and tries what is stuck again. Resolves when that was tried; `status$` tells how it went. */
  now(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#call.demanded = true;
    this.#call.retry = true;
    return new Promise((resolve) => {
      this.#call.waiters.push(resolve);
      this.wake(true);
    });
  }

  pause(): void {
    this.#running.abort();
    this.#live.stop();
    this.wake(true);
  }

  resume(): void {
    if (this.#paused && !this.#closing.signal.aborted) [this.#running, this.#frozen] = [new AbortController(), false];
    this.wake(true);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#running.abort();
    this.#live.end();
    await this.#ended;
    this.status$.complete();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const resting = (): boolean => this.#paused || (this.#frozen && !this.#call.demanded);
      if (resting()) {
        if (this.#paused) this.#show({ state: 'paused' });
        this.#endWaiting();
        // Whoever is told may have had it go on.
        if (resting()) await this.#sleeper.sleep(Infinity);
        continue;
      }
      if (await this.#isItsTurn()) await this.#attempt();
    }
    this.#endWaiting();
  }

  /** Holds the place; the rounds do the work. */
  async #lead(signal: AbortSignal): Promise<void> {
    this.#leading = signal;
    this.wake(true);
    // The lock may come at the moment of closing.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    this.#live.stop();
    this.wake(true);
  }

  get #leads(): boolean {
    return this.#leading?.aborted === false;
  }

  get #paused(): boolean {
    return this.#running.signal.aborted;
  }

  async #isItsTurn(): Promise<boolean> {
    if (this.#call.demanded || this.#leads) return true;
    try {
      return await this.#isOverdue();
    } catch (error) {
      // The storage is blocked, or away for the moment.
      if (!this.#closing.signal.aborted) await this.#sleeper.sleep(this.#fail(error));
      return false;
    }
  }

  async #attempt(): Promise<void> {
    const call = this.#call;
    this.#call = noCall();
    this.#frozen = false;
    let pauseMs = this.#settings.pollIntervalMs;
    const { signal } = this.#running;
    try {
      if (this.status$.value.state !== 'upToDate' && this.status$.value.state !== 'standby') this.#show({ state: 'connecting' });
      await this.#rounds.run(call.retry);
      this.#failures = 0;
      if (!signal.aborted) this.#show({ state: 'upToDate' });
      if (this.#leads && !this.#paused) this.#live.listen();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#rounds.forget();
      this.#live.stop();
      // What was to be tried again was not.
      this.#call.retry ||= call.retry;
      // What was cut off by a pause has not failed.
      if (!signal.aborted) pauseMs = this.#fail(error);
    } finally {
      for (const done of call.waiters) done();
    }
    this.#backingOff = this.#failures > 0;
    if (!this.#call.urgent && (!this.#call.wanted || this.#backingOff)) await this.#sleeper.sleep(pauseMs);
    this.#backingOff = false;
  }

  /** @returns how long to wait */
  #fail(error: unknown): number {
    this.#failures++;
    const waitMs = backoffMs(this.#failures, this.#settings.random());
    if (error instanceof NoAnswer) {
      this.#show({ state: 'offline', error });
      return waitMs;
    }
    const reason = error instanceof ServerFailure ? new SyncStoppedError(error.code, `${error.message} What is pending stays.`, { cause: error }) : error;
    const final = isErmineError(reason, 'SYNC_STOPPED') && FINAL.has(reason.reason);
    // Storages are blocked and connections lost for a moment; the store's own errors show elsewhere too.
    this.#show({ state: 'stuck', error: reason as Error, final });
    this.#frozen = final;
    return final ? 0 : waitMs;
  }

  /** Whether the leading tab has left something undone for too long: a frozen one keeps its lock. */
  async #isOverdue(): Promise<boolean> {
    const { takeoverMs, pollIntervalMs } = this.#settings;
    const before = await this.#mark();
    this.#call.wanted = false;
    // Nothing may come between the last look and the sleep.
    if (this.#isCalled()) return false;
    // Not before: a tab that is alone gets the lock meanwhile.
    this.#show({ state: 'standby' });
    // What this tab appends is no reason to look sooner: the other one hears of it.
    this.#backingOff = true;
    await this.#sleeper.sleep(takeoverMs);
    const { commits } = await this.#replica.outbox.look();
    this.#backingOff = false;
    if (commits.length === 0 && !this.#call.wanted && !this.#isCalled()) await this.#sleeper.sleep(2 * pollIntervalMs);
    // What has come to wait meanwhile is given its own time.
    if (commits.length === 0 && this.#call.wanted) return false;
    return !this.#isCalled() && before === (await this.#mark());
  }

  /** Whether there is something else to do than to wait for the leading tab. */
  #isCalled(): boolean {
    return this.#closing.signal.aborted || this.#paused || this.#call.demanded || this.#leads;
  }

  /** What sync moves. */
  async #mark(): Promise<string> {
    const { head } = await this.#replica.outbox.look();
    return `${head.edits} ${(await this.#replica.state()).text}`;
  }

  #progress(): RoundProgress {
    return {
      pushing: (done, total) => this.#show({ state: 'pushing', done, total }),
      pulling: (position, head) => position < head && this.#show({ state: 'pulling', position, head }),
    };
  }

  #endWaiting(): void {
    for (const done of this.#call.waiters.splice(0)) done();
  }

  #show(status: SyncStatus): void {
    if (JSON.stringify(status) !== JSON.stringify(this.status$.value)) this.status$.next(status);
  }
}
