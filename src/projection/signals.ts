import { Subject } from 'rxjs';
import { createHintChannel } from '../tabs/hint-channel.ts';
import { onPageAwake } from '../tabs/page-events.ts';

/** Tells everybody who looks at one projection, in every tab, that there may be news. A hint: what is true is read. */
export class Signals {
  /** What is read of the projection may be different now; completes at the end. */
  readonly changes$ = new Subject<void>();
  /** There may be something to do for who runs it. */
  readonly work$ = new Subject<void>();
  readonly #channel;
  readonly #epoch: string;
  readonly #closing = new AbortController();
  #announcing = false;

  constructor(logName: string, projection: string, epoch: string) {
    this.#epoch = epoch;
    this.#channel = createHintChannel(`${logName}:projection:${projection}`, () => this.#both());
    onPageAwake(() => this.#both(), this.#closing.signal);
  }

  /** This tab has written what others read; what it writes in one turn is announced once. */
  changed(): void {
    this.changes$.next();
    if (this.#announcing) return;
    this.#announcing = true;
    queueMicrotask(() => {
      this.#announcing = false;
      if (!this.#closing.signal.aborted) this.#channel.publish({ epoch: this.#epoch, position: 0 });
    });
  }

  /** This tab has written what whoever runs the projection must heed. */
  commanded(): void {
    this.work$.next();
    this.changed();
  }

  /**
   * Listens for work from now on.
   *
   * @returns a wait for what came after this call, for the signal, and for a time in milliseconds at most, if there is one
   */
  nextWork(signal: AbortSignal): (limitMs?: number) => Promise<void> {
    let wake = (): void => undefined;
    const woken = new Promise<void>((resolve) => (wake = resolve));
    const listening = this.work$.subscribe({ next: wake, complete: wake });
    signal.addEventListener('abort', wake, { once: true });
    return async (limitMs) => {
      const timer = limitMs === undefined ? undefined : setTimeout(wake, limitMs);
      if (!signal.aborted) await woken;
      clearTimeout(timer);
      listening.unsubscribe();
      signal.removeEventListener('abort', wake);
    };
  }

  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#channel.close();
    this.changes$.complete();
    this.work$.complete();
  }

  #both(): void {
    this.work$.next();
    this.changes$.next();
  }
}
