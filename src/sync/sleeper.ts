import { MAX_TIMER_MS } from '../tabs/max-timer.ts';
import { unref } from '../tabs/unref.ts';
import type { Timers } from './timers.ts';

/** Sleeps, one sleep at a time, until it is woken. After the signal it sleeps no more. */
export class Sleeper {
  readonly #timers: Timers;
  readonly #signal: AbortSignal;
  #wakeUp: () => void = () => undefined;

  constructor(timers: Timers, signal: AbortSignal) {
    this.#timers = timers;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.wake());
  }

  wake(): void {
    this.#wakeUp();
  }

  /** Until it is woken, or so long. */
  async sleep(ms: number): Promise<void> {
    if (this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      if (ms === Infinity) return;
      const timer = this.#timers.setTimeout(resolve, Math.min(ms, MAX_TIMER_MS));
      unref(timer);
      this.#wakeUp = () => {
        this.#timers.clearTimeout(timer as never);
        resolve();
      };
    });
    this.#wakeUp = () => undefined;
  }
}
