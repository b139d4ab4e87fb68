/** What is needed of `navigator.locks`. */
export interface LockManagerLike {
  request(name: string, options: { readonly signal: AbortSignal }, held: () => Promise<void>): Promise<unknown>;
}

/**
 * Does work in one of all tabs and workers of the origin that ask under this name: in the others it waits, and begins
 * when the one before has ended, was closed or has crashed. One request is held until the signal.
 *
 * It only spares work, and nothing may depend on it. Without locks, or where the browser refuses them, everybody works; one
 * who is frozen keeps its lock; and a lock may be stolen from one who hears of that too late.
 *
 * @param work is given a signal, which also ends when the lock was stolen, and resolves soon after it; then it is begun
 * again when its turn comes
 */
export async function lead(locks: LockManagerLike | undefined, name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  if (!locks) return work(signal);
  while (!signal.aborted) {
    const holding = new AbortController();
    try {
      await locks.request(name, { signal }, () => work(AbortSignal.any([signal, holding.signal])));
    } catch (error) {
      holding.abort();
      // The request was withdrawn, or the lock was taken away: then it is asked for again.
      if (!signal.aborted && (error as Error | undefined)?.name !== 'AbortError') return work(signal);
      continue;
    }
    return;
  }
}
