/**
 * The result of `begin`, or a rejection with the signal's reason as soon as it is aborted: the code of others may take for
 * ever, and may know nothing of signals. When the signal is aborted already, `begin` is not called.
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
