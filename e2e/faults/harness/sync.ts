import { firstValueFrom } from 'rxjs';
import { AnyVersion, NoStream, type StoredEvent } from '../../../src/index.ts';
import { indexedDbStorage } from '../../../src/indexeddb.ts';
import { openSyncedStore, type ConflictPolicies, type SyncedStore } from '../../../src/sync.ts';

const conflicts: ConflictPolicies = {
  Decide: { redecide: (command, events) => [{ type: 'Decided', data: { command, after: events.length } }] },
  Rebase: 'rebase',
  Both: 'keepBoth',
};

/** What the tests call in a tab of a device. */
class SyncHarness {
  readonly AnyVersion = AnyVersion;
  readonly NoStream = NoStream;
  /** What this tab's appends were told. */
  readonly acknowledged: string[] = [];
  #store: SyncedStore | undefined;

  get store(): SyncedStore {
    if (!this.#store) throw new Error('Open a store first.');
    return this.#store;
  }

  async open(url: string, token: string): Promise<void> {
    this.#store = await openSyncedStore({ storage: indexedDbStorage({ name: 'replica' }), url, token, conflicts, takeoverMs: 1_000, syncIntervalMs: 2_000 });
  }

  append(stream: string, expectedVersion: number, data: unknown, command?: unknown): Promise<unknown> {
    return this.store.appendToStream(stream, expectedVersion, [{ type: 'Noted', data }], { command });
  }

  /** Appends one event after the other until the tab dies, and says of each on the console that it was acknowledged. */
  async appendForEver(name: string): Promise<never> {
    for (let n = 1; ; n++) {
      const mark = `${name}.${n}`;
      await this.append(`Note-${name}-${n % 5}`, AnyVersion, { mark });
      console.log(`ack ${mark}`);
    }
  }

  async load(stream: string): Promise<unknown[]> {
    return (await this.store.loadStream(stream)).map(({ data }) => data);
  }

  async all(): Promise<{ globalPosition: number; version: number; id: string; data: unknown }[]> {
    const events: StoredEvent[] = [];
    for await (const event of this.store.readAll()) events.push(event);
    return events.map(({ globalPosition, version, id, data }) => ({ globalPosition, version, id, data }));
  }

  async waiting(): Promise<{ pending: number; rejected: unknown[]; state: string }> {
    const [pending, rejected, status] = await Promise.all([
      firstValueFrom(this.store.sync.pending$),
      firstValueFrom(this.store.sync.rejected$),
      firstValueFrom(this.store.sync.status$),
    ]);
    return { pending: pending.length, rejected: rejected.map(({ events, reason }) => ({ data: events[0]?.data, code: reason.code })), state: status.state };
  }
}

declare global {
  // `declare global` takes no other kind of variable.
  var syncHarness: SyncHarness;
}

globalThis.syncHarness = new SyncHarness();
