import type { EventBatch } from '../event/event-batch.ts';
import { isTombstone } from '../event/tombstone.ts';
import type { Log, Page } from '../storage/storage.ts';
import { createHintChannel, type Hint, type HintChannel } from '../tabs/hint-channel.ts';
import { onPageAwake } from '../tabs/page-events.ts';
import { unref } from '../tabs/unref.ts';

const PAGE_EVENTS = 256;
const RECENT_BATCHES = 128;
const RECENT_UNITS = 256 * 1024;
/** After a hint that came to nothing, the next one is looked into no sooner. */
const DOUBT_MS = 100;

export interface Follower {
  /** The last global position that it has passed. */
  readonly position: number;
  /** There may be something new. */
  wake(): void;
  /** The store closes. */
  end(): void;
}

/** Follows one log for all subscriptions of a store: knows when to look, and looks once for all of them. */
export class LogFollower {
  readonly log: Log;
  readonly #channel: HintChannel;
  readonly #stopWatching: () => void;
  readonly #pollIntervalMs: number;
  readonly #followers = new Set<Follower>();
  /** Reads under way, by where they begin. */
  readonly #reads = new Map<number, Promise<Page>>();
  /** The last batches of the log, next to each other. */
  #recent: EventBatch[] = [];
  #recentUnits = 0;
  /** The last position that this tab has seen. */
  #head = 0;
  #hinted = false;
  #doubtUntil = 0;
  #doubtTimer: ReturnType<typeof setTimeout> | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(log: Log, storageName: string, pollIntervalMs: number) {
    this.log = log;
    this.#pollIntervalMs = pollIntervalMs;
    this.#channel = createHintChannel(storageName, (hint) => this.#onHint(hint));
    this.#stopWatching = log.onConnection((state) => {
      // What this tab remembers is of a log that is no more.
      if (state === 'closed') this.forgetRecent();
      // Subscriptions find out what happened when they read.
      this.wake();
    });
  }

  /** This tab has written these, durably: tells the other tabs and the subscriptions. */
  committed(batches: readonly EventBatch[]): void {
    if (batches.length === 0) return;
    this.#remember(batches);
    this.#channel.publish({ epoch: this.log.epoch, position: this.#head });
    this.wake();
  }

  /** Wakes the follower whenever there may be something new, until the returned function is called. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    this.#stopWaiting ??= this.#startWaiting();
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#rest();
    };
  }

  wake(): void {
    for (const follower of [...this.#followers]) follower.wake();
  }

  /** Whether the events after this position are few: then the end of the log is read, which all subscriptions share. */
  isNear(position: number): boolean {
    return this.#head - position <= PAGE_EVENTS;
  }

  /** Batches from the one that holds `from` on; from memory when they are the latest. */
  async readFrom(from: number): Promise<Page> {
    const first = this.#recent[0];
    if (first && first.position <= from && from <= this.#head) {
      return { batches: this.#recent.filter((batch) => batch.position + batch.count > from), next: undefined };
    }
    let read = this.#reads.get(from);
    if (!read) {
      read = this.log.readAll({ from, limit: PAGE_EVENTS, direction: 'forwards' });
      this.#reads.set(from, read);
      void read.then((page) => this.#learn(page), () => undefined).finally(() => this.#reads.delete(from));
    }
    return read;
  }

  /** Events were erased: what memory holds of them must not be delivered. */
  forgetRecent(): void {
    this.#recent = [];
    this.#recentUnits = 0;
  }

  close(): void {
    this.#stopWatching();
    this.#rest();
    this.#channel.close();
    for (const follower of [...this.#followers]) follower.end();
  }

  #learn({ batches, next }: Page): void {
    const hinted = this.#hinted;
    if (next === undefined) this.#hinted = false;
    if (batches.length > 0) this.#remember(batches);
    else if (hinted) this.#doubtUntil = Date.now() + DOUBT_MS;
  }

  #remember(batches: readonly EventBatch[]): void {
    for (const batch of batches) {
      if (batch.position + batch.count - 1 <= this.#head) continue;
      if (batch.position !== this.#head + 1 || isTombstone(batch)) this.forgetRecent();
      this.#recent.push(batch);
      this.#recentUnits += batch.events.length;
      this.#head = batch.position + batch.count - 1;
    }
    while (this.#recent.length > RECENT_BATCHES || (this.#recentUnits > RECENT_UNITS && this.#recent.length > 1)) {
      this.#recentUnits -= this.#recent.shift()!.events.length;
    }
  }

  #onHint({ epoch, position }: Hint): void {
    if (epoch === this.log.epoch) {
      if (position <= this.#head) return;
      this.log.noticed?.(position);
    }
    const doubtMs = this.#doubtUntil - Date.now();
    if (doubtMs <= 0) {
      this.#hinted = true;
      this.wake();
    } else {
      this.#doubtTimer ??= setTimeout(() => {
        this.#doubtTimer = undefined;
        this.#hinted = true;
        this.wake();
      }, doubtMs);
    }
  }

  #startWaiting(): () => void {
    const poll = setInterval(() => void this.#poll(), this.#pollIntervalMs);
    unref(poll);
    const stopListening = onPageAwake(() => this.wake());
    return () => {
      clearInterval(poll);
      stopListening();
    };
  }

  /** Hints may get lost: a slow look at the end of the log finds what they did not say. */
  async #poll(): Promise<void> {
    // What is wrong with the log shows when the subscriptions read it.
    const head = await this.log.head().catch(() => Infinity);
    for (const follower of [...this.#followers]) if (follower.position < head) follower.wake();
  }

  #rest(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    clearTimeout(this.#doubtTimer);
    this.#doubtTimer = undefined;
  }
}
