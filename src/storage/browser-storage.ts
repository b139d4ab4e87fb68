import type { StorageHealth } from './storage.ts';

/** What the browser says of the origin's storage. It may be far from what it enforces, so it is shown and never planned on. */
export async function browserStorageHealth(): Promise<Pick<StorageHealth, 'persisted' | 'usageBytes' | 'quotaBytes'>> {
  const manager = storageManager();
  const [persisted, estimate] = await Promise.all([
    manager?.persisted?.().catch(() => undefined),
    manager?.estimate?.().catch(() => undefined),
  ]);
  return { persisted, usageBytes: estimate?.usage, quotaBytes: estimate?.quota };
}

/** Asks the browser not to evict the data; a refusal is an answer, and the health tells it. */
export function askToPersist(): void {
  void storageManager()?.persist?.().catch(() => false);
}

function storageManager(): Partial<StorageManager> | undefined {
  return globalThis.navigator?.storage;
}
