/** Calls back when this page is about to sleep (frozen, or kept for going back) and when it is awake again, until the signal. */
export function onPageSleep(sleep: () => void, wake: () => void, signal: AbortSignal): void {
  if (typeof document === 'undefined') return;
  document.addEventListener('freeze', sleep, { signal });
  document.addEventListener('resume', wake, { signal });
  addEventListener('pagehide', sleep, { signal });
  addEventListener('pageshow', wake, { signal });
}
