import { BehaviorSubject } from 'rxjs';
import { SyncStoppedError, isErmineError } from '../event/errors.ts';
import { Leadership, type LockManagerLike } from '../tabs/sync-lock.ts';
import { unref } from '../tabs/unref.ts';
import { LiveHints } from './live-hints.ts';
import type { Replica } from './replica.ts';
import { NoAnswer, ServerFailure } from './server-messages.ts';
import { SyncRounds, type RoundSettings } from './sync-round.ts';
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

const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/** Answers after which trying again by itself is of no use. */
const FINAL: ReadonlySet<string> = new Set(['EPOCH_CHANGED', 'HISTORY_LOST', 'PROTOCOL', 'CLIENT_OF_ANOTHER_USER', 'FOREIGN_EVENTS', 'SCOPE_CHANGED']);

/** Keeps a replica in step with its server, for as long as the tab lives. */
export class SyncEngine {
  readonly status$ = new BehaviorSubject<SyncStatus>({ state: 'connecting' });
  readonly #replica: Replica;
  readonly #settings: EngineSettings;
  readonly #rounds: SyncRounds;
  readonly #closing = new AbortController();
  readonly #leadership: Leadership;
  readonly #live: LiveHints;
  readonly #ended: Promise<void>;
  #wanted = true;
  #retry = true;
  #urgent = false;
  #demanded = false;
  #paused = false;
  #failures = 0;
  #backingOff = false;
  /** Only `now()` helps. */
  #frozen = false;
  #wakeUp: () => void = () => undefined;
  #waiters: (() => void)[] = [];

  constructor(replica: Replica, settings: EngineSettings) {
    this.#replica = replica;
    this.#settings = settings;
    this.#paused = settings.paused ?? false;
    this.#rounds = new SyncRounds(replica, settings.transport, settings, this.#progress(), this.#closing.signal);
    this.#live = new LiveHints(replica, {
      transport: settings.transport,
      timers: settings.timers,
      requestHead: () => this.#rounds.head(),
      backoffMs: (failures) => this.#backoffMs(failures),
      wake: () => this.wake(),
    });
    this.#leadership = new Leadership(settings.locks, settings.name, this.#closing.signal, () => this.wake(true));
    this.#ended = this.#run();
  }

  /** There may be something to do. After a failure it waits for the next try, unless it is `urgent`: the server may be back. */
  wake(urgent = false): void {
    this.#wanted = true;
    this.#urgent ||= urgent;
    if (urgent || !this.#backingOff) this.#wakeUp();
  }

  /** Syncs at once, whoever leads, and tries what is stuck again. Resolves when that was tried; `status$` tells how it went. */
  now(): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    this.#demanded = true;
    this.#retry = true;
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.wake(true);
    });
  }

  pause(): void {
    this.#paused = true;
    this.#live.stop();
    this.wake(true);
  }

  resume(): void {
    this.#paused = false;
    this.wake(true);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#live.end();
    this.#wakeUp();
    await this.#ended;
    this.status$.complete();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      if (this.#paused || (this.#frozen && !this.#demanded)) {
        if (this.#paused) this.#show({ state: 'paused' });
        this.#endWaiting();
        await this.#sleep(Infinity);
        continue;
      }
      if (await this.#isItsTurn()) await this.#attempt();
    }
    this.#endWaiting();
  }

  async #isItsTurn(): Promise<boolean> {
    if (this.#demanded || this.#leadership.leads) return true;
    try {
      return await this.#isOverdue();
    } catch (error) {
      // The storage is blocked, or away for the moment.
      if (!this.#closing.signal.aborted) await this.#sleep(this.#fail(error));
      return false;
    }
  }

  async #attempt(): Promise<void> {
    this.#wanted = false;
    this.#urgent = false;
    this.#demanded = false;
    this.#frozen = false;
    const waiters = this.#waiters;
    this.#waiters = [];
    const retry = this.#retry;
    this.#retry = false;
    let pauseMs = this.#settings.pollIntervalMs;
    try {
      if (this.status$.value.state !== 'upToDate' && this.status$.value.state !== 'standby') this.#show({ state: 'connecting' });
      await this.#rounds.run(retry);
      this.#failures = 0;
      this.#show({ state: 'upToDate' });
      if (this.#leadership.leads && !this.#paused) this.#live.listen();
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#rounds.forget();
      this.#live.stop();
      // What was to be tried again was not.
      this.#retry ||= retry;
      pauseMs = this.#fail(error);
    } finally {
      for (const done of waiters) done();
    }
    this.#backingOff = this.#failures > 0;
    if (!this.#urgent && (!this.#wanted || this.#backingOff)) await this.#sleep(pauseMs);
    this.#backingOff = false;
  }

  /** @returns how long to wait */
  #fail(error: unknown): number {
    this.#failures++;
    const backoffMs = this.#backoffMs(this.#failures);
    if (error instanceof NoAnswer) {
      this.#show({ state: 'offline', error });
      return backoffMs;
    }
    const reason = error instanceof ServerFailure ? new SyncStoppedError(error.code, `${error.message} What is pending stays.`, { cause: error }) : error;
    const final = isErmineError(reason, 'SYNC_STOPPED') && FINAL.has(reason.reason);
    // Storages are blocked and connections lost for a moment; the store's own errors show elsewhere too.
    this.#show({ state: 'stuck', error: reason as Error, final });
    this.#frozen = final;
    return final ? 0 : backoffMs;
  }

  /** Twice as long each time, and never quite the same for all clients of a server that comes back. */
  #backoffMs(failures: number): number {
    const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
    return most * (0.5 + this.#settings.random() / 2);
  }

  /** Whether the leading tab has left something undone for too long: a frozen one keeps its lock. */
  async #isOverdue(): Promise<boolean> {
    const { takeoverMs, pollIntervalMs } = this.#settings;
    this.#show({ state: 'standby' });
    const before = await this.#mark();
    this.#wanted = false;
    // Nothing may come between the last look and the sleep.
    if (this.#isCalled()) return false;
    // What this tab appends is no reason to look sooner: the other one hears of it.
    this.#backingOff = true;
    await this.#sleep(takeoverMs);
    const { commits } = await this.#replica.outbox.look();
    if (commits.length === 0 && !this.#isCalled()) await this.#sleep(2 * pollIntervalMs);
    this.#backingOff = false;
    return !this.#isCalled() && before === (await this.#mark());
  }

  /** Whether there is something else to do than to wait for the leading tab. */
  #isCalled(): boolean {
    return this.#closing.signal.aborted || this.#paused || this.#demanded || this.#leadership.leads;
  }

  /** What sync moves. */
  async #mark(): Promise<string> {
    const { head } = await this.#replica.outbox.look();
    return `${head.edits} ${(await this.#replica.state()).text}`;
  }

  /** Sleeps until woken, or so long. */
  async #sleep(ms: number): Promise<void> {
    const { timers } = this.#settings;
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      if (ms === Infinity) return;
      const timer = timers.setTimeout(resolve, ms);
      unref(timer);
      this.#wakeUp = () => {
        timers.clearTimeout(timer as never);
        resolve();
      };
    });
    this.#wakeUp = () => undefined;
  }

  #progress(): { pushing(done: number, total: number): void; pulling(position: number, head: number): void } {
    return {
      pushing: (done, total) => this.#show({ state: 'pushing', done, total }),
      pulling: (position, head) => {
        if (position < head) this.#show({ state: 'pulling', position, head });
      },
    };
  }

  #endWaiting(): void {
    for (const done of this.#waiters.splice(0)) done();
  }

  #show(status: SyncStatus): void {
    if (JSON.stringify(status) !== JSON.stringify(this.status$.value)) this.status$.next(status);
  }
}
