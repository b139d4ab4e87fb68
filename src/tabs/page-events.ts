/** Calls back whenever this page may have slept or been away: shown again, restored, resumed, focused. */
export function onPageAwake(listener: () => void): () => void {
  if (typeof document === 'undefined') return () => {};
  const targets: [EventTarget, string][] = [
    [document, 'visibilitychange'],
    [document, 'resume'],
    [window, 'pageshow'],
    [window, 'focus'],
  ];
  for (const [target, type] of targets) target.addEventListener(type, listener);
  return () => {
    for (const [target, type] of targets) target.removeEventListener(type, listener);
  };
}
