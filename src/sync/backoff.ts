const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 60_000;

/**
 * How long to wait after so many failures: twice as long each time, up to a minute, and never quite the same for all
 * clients of a server that comes back.
 *
 * @param random between 0 and 1
 */
export function backoffMs(failures: number, random: number): number {
  const most = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 20));
  return most * (0.5 + random / 2);
}
