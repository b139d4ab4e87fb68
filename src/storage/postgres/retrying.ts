const AGAIN_MS = 1_000;

/**
 * Keeps something open until the returned function is called: opens it again, after a second, when opening it fails or
 * when it says that it was lost.
 *
 * @param open gives the function that closes it, which is called once
 */
export function retrying(open: (onLost: () => void) => Promise<() => void>): () => void {
  let close: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  const closeNow = (): void => {
    close?.();
    close = undefined;
  };
  const attempt = async (): Promise<void> => {
    let over = false;
    const again = (): void => {
      // An attempt fails once, whoever says so.
      if (over || ended) return;
      over = true;
      closeNow();
      timer = setTimeout(() => void attempt(), AGAIN_MS);
      (timer as { unref?: () => void }).unref?.();
    };
    try {
      close = await open(again);
      if (over || ended) closeNow();
    } catch {
      // Whatever is wrong shows where the same server is asked for something that is needed.
      again();
    }
  };
  void attempt();
  return () => {
    ended = true;
    clearTimeout(timer);
    closeNow();
  };
}
