import type { Log } from '../storage/storage.ts';
import { createHintChannel, type HintChannel } from '../tabs/hint-channel.ts';
import { MAX_TIMER_MS } from '../tabs/max-timer.ts';
import { unref } from '../tabs/unref.ts';

/** Tells when a log has grown: at once when this process wrote, by hints where there are any, else by looking. */
export class HeadWatch {
  readonly #log: Log;
  /** What to call for each listener when there is nothing to hear any more. */
  readonly #listeners = new Map<(head: number) => void, () => void>();
  readonly #channel: HintChannel;
  readonly #pollIntervalMs: number;
  #polling: ReturnType<typeof setInterval> | undefined;
  #unlisten: (() => void) | undefined;
  #head = 0;

  constructor(log: Log, storageName: string, pollIntervalMs: number) {
    this.#log = log;
    this.#pollIntervalMs = Math.min(pollIntervalMs, MAX_TIMER_MS);
    this.#channel = createHintChannel(storageName, () => this.#look());
  }

  /** This process wrote up to here, durably. */
  moved(position: number): void {
    this.#channel.publish({ epoch: this.#log.epoch, position });
    this.#announce(position);
  }

  /** The furthest that this process knows of. */
  get head(): number {
    return this.#head;
  }

  /** @param end called when there is nothing to hear of any more @returns ends it */
  watch(listener: (head: number) => void, end: () => void = () => undefined): () => void {
    this.#listeners.set(listener, end);
    if (!this.#polling) {
      this.#polling = setInterval(() => this.#look(), this.#pollIntervalMs);
      unref(this.#polling);
      this.#unlisten = this.#log.onHint?.(() => this.#look());
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#rest();
    };
  }

  /** There is nothing to hear of this log any more. */
  end(): void {
    for (const end of [...this.#listeners.values()]) end();
  }

  close(): void {
    this.#rest();
    this.#channel.close();
  }

  #rest(): void {
    clearInterval(this.#polling);
    this.#polling = undefined;
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #look(): void {
    if (this.#listeners.size === 0) return;
    // What is wrong with the log shows in the pull that follows.
    this.#log.head().then((head) => this.#announce(head), () => undefined);
  }

  #announce(head: number): void {
    if (head <= this.#head) return;
    this.#head = head;
    for (const listener of [...this.#listeners.keys()]) listener(head);
  }
}
