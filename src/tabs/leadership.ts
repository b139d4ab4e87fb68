/**
 * Does work in one of all tabs and workers of the origin that ask under this name: in the others it waits, and begins
 * when the one before has ended, was closed or has crashed. One request is held until the signal. Where there are no
 * Web Locks, or the browser refuses them, everybody works, and a lock may be stolen: whoever leads must be safe with a
 * second one at work.
 *
 * @param work resolves soon after its signal; it is begun again after the lock was stolen
 */
export async function lead(name: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (!locks) return work(signal);
  while (!signal.aborted) {
    const holding = new AbortController();
    try {
      await locks.request(`ermine:${name}`, { signal }, () => work(AbortSignal.any([signal, holding.signal])));
    } catch (error) {
      holding.abort();
      // The request was withdrawn, or the lock was taken away: then it is asked for again.
      if (!signal.aborted && (error as Error | undefined)?.name !== 'AbortError') return work(signal);
      continue;
    }
    return;
  }
}
