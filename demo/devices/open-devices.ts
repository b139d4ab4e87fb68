import { BehaviorSubject } from 'rxjs';
import { indexedDbStorage } from 'ermine/indexeddb';
import { openProjection, type OpenState } from 'ermine/projections';
import { createSyncHandler } from 'ermine/server';
import { httpTransport, openSyncedStore, type SyncedStore } from 'ermine/sync';
import { bookings, conflicts, type VisitEvent } from './visits.ts';

export interface Device {
  readonly clerk: string;
  readonly store: SyncedStore<VisitEvent>;
  readonly bookings: OpenState<readonly string[]>;
  /** The switch of its network. */
  readonly online$: BehaviorSubject<boolean>;
}

/** Two devices in this page, each with its own database and its own network, and the server, which is in this page as well. */
export async function openDevices(): Promise<Device[]> {
  const log = indexedDbStorage({ name: 'visits-server', persist: false });
  const handler = createSyncHandler({ storage: () => log, authorize: (clerk) => (clerk ? { tenant: 'town', user: clerk } : undefined) });
  const open = async (clerk: string): Promise<Device> => {
    const online$ = new BehaviorSubject(true);
    const cut = new Set<AbortController>();
    online$.subscribe((online) => {
      if (!online) for (const controller of cut) controller.abort();
    });
    const transport = httpTransport({
      url: new URL('sync', location.href),
      token: clerk,
      async fetch(url, init) {
        if (!online$.value) throw new TypeError('The network of this device is switched off.');
        const controller = new AbortController();
        cut.add(controller);
        init?.signal?.addEventListener('abort', () => controller.abort());
        const response = await handler(new Request(url as string, { ...init, signal: null }));
        if (!response.body) return response;
        // A network that goes away takes what is on its way along.
        const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
        response.body.pipeTo(writable, { signal: controller.signal }).catch(() => undefined).finally(() => cut.delete(controller));
        return new Response(readable, response);
      },
    });
    const name = `visits-${clerk.toLowerCase()}`;
    const store = await openSyncedStore<VisitEvent>({ storage: indexedDbStorage({ name, persist: false }), transport, conflicts, syncIntervalMs: 5_000 });
    online$.subscribe((online) => {
      if (online) void store.sync.now();
    });
    return { clerk, store, bookings: await openProjection(store, bookings), online$ };
  };
  return [await open('Ada'), await open('Ben')];
}
