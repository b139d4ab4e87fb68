/** `local` is shared by all tabs and lasts; `session` is this tab's own. */
type Place = 'local' | 'session';

/** Undefined when there is none, or when the browser lets nothing be kept. */
export function readPreference(place: Place, key: string): string | undefined {
  try {
    return storageAt(place).getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Kept if the browser lets it be; the desk works without. */
export function writePreference(place: Place, key: string, value: string): void {
  try {
    storageAt(place).setItem(key, value);
  } catch {
    // Site data is switched off or full: then the choice holds until the page is closed.
  }
}

function storageAt(place: Place): Storage {
  return place === 'local' ? localStorage : sessionStorage;
}
