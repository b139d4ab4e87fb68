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

/** Asks the browser once, at the first request, to keep the data; whether it did is in the health. */
export function persistOnce(wanted: boolean): { request(): void } {
  let pending = wanted;
  return {
    request() {
      if (!pending) return;
      pending = false;
      // A refusal is an answer, and persisted() tells it.
      void storageManager()?.persist?.().catch(() => false);
    },
  };
}

function storageManager(): Partial<StorageManager> | undefined {
  return globalThis.navigator?.storage;
}
