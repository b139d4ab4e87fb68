import type { EventBatch, EventDecoder } from '../event/event-batch.ts';
import type { Hint } from '../event/hint.ts';
import type { Log, Page } from '../storage/storage.ts';
import { createHintChannel, type HintChannel } from '../tabs/hint-channel.ts';
import { MAX_TIMER_MS } from '../tabs/max-timer.ts';
import { onPageAwake } from '../tabs/page-events.ts';
import { unref } from '../tabs/unref.ts';

const PAGE_EVENTS = 256;
/** How long after a hint that came to nothing the next one is followed up at the earliest, in milliseconds. */
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
  readonly decoder: EventDecoder;
  /** Whether positions may have gaps. */
  readonly sparse: boolean;
  readonly #channel: HintChannel;
  readonly #followers = new Set<Follower>();
  /** Reads under way, by where they begin. */
  readonly #reads = new Map<number, Promise<Page>>();
  /** What this tab has committed last. */
  #fresh: readonly EventBatch[] = [];
  /** The last position that this tab has seen. */
  #head = 0;
  #hinted = false;
  #doubtUntil = 0;
  #believing: ReturnType<typeof setTimeout> | undefined;
  readonly #polling: ReturnType<typeof setInterval>;
  readonly #closing = new AbortController();
  #unlisten: (() => void) | undefined;

  constructor(log: Log, decoder: EventDecoder, storageName: string, pollIntervalMs: number, sparse = false) {
    this.log = log;
    this.decoder = decoder;
    this.sparse = sparse;
    this.#polling = setInterval(() => void this.#poll(), Math.min(pollIntervalMs, MAX_TIMER_MS));
    unref(this.#polling);
    onPageAwake(() => this.wake(), this.#closing.signal);
    this.#channel = createHintChannel(storageName, (hint) => this.#onHint(hint));
  }

  /** This tab has written these, durably: tells the other tabs and the subscriptions. */
  committed(batches: readonly EventBatch[]): void {
    if (batches.length === 0) return;
    this.#fresh = batches;
    this.#see(batches);
    this.#channel.publish({ epoch: this.log.epoch, position: this.#head });
    this.wake();
  }

  /** Wakes the follower whenever there may be something new, until the returned function is called. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    this.#unlisten ??= this.log.onHint?.((hint) => this.#onHint(hint));
    return () => this.#followers.delete(follower);
  }

  wake(): void {
    this.#wakeBehind(Infinity);
  }

  /** Wakes those that have not passed this position. */
  #wakeBehind(position: number): void {
    // A read that began before does not know of what is new now.
    this.#reads.clear();
    for (const follower of [...this.#followers]) if (follower.position < position) follower.wake();
  }

  /** Batches from the one that holds `from` on; from memory when they are the latest. */
  async readFrom(from: number): Promise<Page> {
    // Only while nobody is known to have written after it.
    const first = this.#fresh[0]?.position ?? Infinity;
    if (first <= from && from <= this.#head && endOf(this.#fresh) === this.#head) return { batches: this.#fresh, next: undefined };
    let read = this.#reads.get(from);
    if (!read) {
      // It answers for the hints that came before it began, and for no later one.
      const hinted = this.#hinted;
      this.#hinted = false;
      read = this.log.readAll({ from, limit: PAGE_EVENTS, direction: 'forwards' });
      this.#reads.set(from, read);
      read.then((page) => this.#learn(page, hinted), () => undefined).finally(() => this.#reads.delete(from));
    }
    return read;
  }

  /** The log may be another one than memory holds, which must not be delivered any more: everybody looks again. */
  forget(): void {
    this.#fresh = [];
    this.wake();
  }

  close(): void {
    clearInterval(this.#polling);
    clearTimeout(this.#believing);
    this.#closing.abort();
    this.#channel.close();
    this.#unlisten?.();
    for (const follower of [...this.#followers]) follower.end();
  }

  #learn({ batches }: Page, hinted: boolean): void {
    if (batches.length > 0) this.#see(batches);
    else if (hinted) this.#doubtUntil = Date.now() + DOUBT_MS;
  }

  #see(batches: readonly EventBatch[]): void {
    this.#head = Math.max(this.#head, endOf(batches));
  }

  #onHint({ epoch, position }: Hint): void {
    // It is there for sure, and not everybody has read it.
    if (epoch === this.log.epoch && position <= this.#head) return this.#wakeBehind(position);
    const doubtMs = this.#doubtUntil - Date.now();
    if (doubtMs <= 0) this.#believe();
    else this.#believing ??= setTimeout(() => this.#believe(), doubtMs);
  }

  #believe(): void {
    this.#believing = undefined;
    this.#hinted = true;
    // What this tab has committed last is not the end any more.
    this.forget();
  }

  /** Hints may get lost: a slow look at the end of the log finds what they did not say. */
  async #poll(): Promise<void> {
    if (this.#followers.size === 0) return;
    // What is wrong with the log shows when the subscriptions read it.
    this.#wakeBehind(await this.log.head().catch(() => Infinity));
  }
}

/** Position of the last event. */
function endOf(batches: readonly EventBatch[]): number {
  const last = batches.at(-1)!;
  return last.position + last.count - 1;
}
