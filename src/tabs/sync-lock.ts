/** What is needed of `navigator.locks`. */
export interface LockManagerLike {
  request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>;
}

/** Whether this tab leads. It only spares work: a leader that is frozen keeps its lock, so nothing may depend on it. */
export class Leadership {
  #leads: boolean;

  /** @param locks without them, everybody leads @param onLead called when this tab begins to */
  constructor(locks: LockManagerLike | undefined, name: string, signal: AbortSignal, onLead: () => void) {
    this.#leads = !locks;
    const ended = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    locks
      ?.request(name, { signal }, () => {
        this.#leads = true;
        onLead();
        return ended;
      })
      // The signal ends the wait; where locks are refused (opaque origins), everybody leads.
      .catch(() => {
        if (signal.aborted) return;
        this.#leads = true;
        onLead();
      });
  }

  get leads(): boolean {
    return this.#leads;
  }
}
