/**
 * What is begun comes to, or the signal's reason as soon as that is aborted: what others have written may take for ever,
 * and need not know of signals. When the signal is aborted already, it is not begun.
 */
export async function untilAborted<T>(signal: AbortSignal, begin: () => T | Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', stop);
  try {
    return await Promise.race([begin(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
