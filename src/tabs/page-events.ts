/** Calls back whenever this page may have slept or been away: shown again, resumed, restored, focused; until the signal. */
export function onPageAwake(listener: () => void, signal: AbortSignal): void {
  if (typeof document === 'undefined') return;
  for (const type of ['visibilitychange', 'resume']) document.addEventListener(type, listener, { signal });
  for (const type of ['pageshow', 'focus']) addEventListener(type, listener, { signal });
}
