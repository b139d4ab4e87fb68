import { firstValueFrom } from 'rxjs';
import { afterEach } from 'vitest';
import type { Event } from '../event/event.ts';
import { createSyncHandler, type SyncHandler } from '../server/sync-handler.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { Scope } from '../sync/protocol.ts';
import { httpTransport, type HttpTransportOptions, type Transport } from '../sync/transport.ts';
import { until } from '../testing/wait.ts';
import { openSyncedStore, type OpenSyncedStoreOptions } from './open-synced-store.ts';
import type { SyncedStore } from './synced-store.ts';

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A server, and a network that can be cut. */
export class Server {
  storage: Storage = memoryStorage();
  online = true;
  /** Requests that get through before it goes offline. */
  left = Infinity;
  /** What the user may read, everything unless set. */
  readable: Scope | undefined;
  readonly handler: SyncHandler;

  constructor() {
    this.handler = createSyncHandler({ storage: () => this.storage, authorize: () => ({ tenant: 'shop', user: 'ada', ...(this.readable && { readable: this.readable }) }) });
    cleanUps.push(() => this.handler.close());
  }

  transport(options: Partial<HttpTransportOptions> = {}): Transport {
    return httpTransport({
      ...options,
      url: 'https://sync.test/',
      fetch: async (url, init) => {
        if (!this.online || this.left-- <= 0) throw new TypeError('offline');
        return this.handler(new Request(url as string, init));
      },
    });
  }

  async device<E extends Event = Event>(options: Partial<OpenSyncedStoreOptions<E>> = {}): Promise<SyncedStore<E>> {
    const store = await openSyncedStore<E>({ storage: memoryStorage(), transport: this.transport(), locks: null, ...options });
    cleanUps.push(() => store.close());
    return store;
  }
}

export async function upToDate(...stores: SyncedStore[]): Promise<void> {
  for (const store of stores) {
    await store.sync.now();
    await until('it is up to date', async () => (await firstValueFrom(store.sync.status$)).state === 'upToDate');
  }
}

export function shown(events: readonly { version: number; globalPosition: number; pending?: true; data: unknown }[]): string[] {
  return events.map(({ version, globalPosition, pending, data }) => `${version}@${globalPosition}${pending ? ' pending' : ''} ${JSON.stringify(data)}`);
}

