import { encodeEvents } from '../event/encode.ts';
import { isErmineError } from '../event/errors.ts';
import { decodeBatch, plainDecoder } from '../event/event-batch.ts';
import { hash53 } from '../event/event-id.ts';
import { defaultLimits } from '../event/limits.ts';
import { categoryOf } from '../event/stream-id.ts';
import { uuidOfText } from '../event/uuid-of-text.ts';
import type { Principal } from '../server/principal.ts';
import { AppendQueue } from '../storage/append-queue.ts';
import type { Log } from '../storage/storage.ts';
import { Generations, type CurrentGeneration } from './generations.ts';
import { readOutboxHead, type OutboxHead } from './outbox.ts';
import { PendingAppends } from './pending-appends.ts';
import { asPending, pendingEvents, type LoadedEvent } from './pending-events.ts';
import type { Scope } from './protocol.ts';
import { restoreRejected } from './rejected-commits.ts';
import { Replica } from './replica.ts';
import { eventsOf, policiesOf } from './sim-events.test-fixture.ts';
import { simTransport, type NetworkFaults, type SimServer } from './sim-network.test-fixture.ts';
import type { Scheduler } from './sim-scheduler.test-fixture.ts';
import { SimDisk, SimProcess } from './sim-storage.test-fixture.ts';
import { SyncEngine } from './sync-engine.ts';
import type { LockManagerLike } from '../tabs/leadership.ts';

/** What an append of the simulation was told. */
export interface Acknowledged {
  readonly mark: string;
  readonly device: number;
  readonly tab: string;
  readonly streams: readonly string[];
}

/** Web Locks of one device. */
class SimLocks implements LockManagerLike {
  #holder: Promise<void> = Promise.resolve();

  async request(_name: string, { signal }: { signal: AbortSignal }, held: () => Promise<void>): Promise<void> {
    const before = this.#holder;
    let free: () => void = () => undefined;
    this.#holder = new Promise((resolve) => (free = resolve));
    await before;
    if (!signal.aborted) await held();
    free();
  }
}

/** A browser: a disk, and tabs that come and go. */
export class SimDevice {
  readonly index: number;
  /** One for each generation. */
  readonly disks: SimDisk[] = [];
  readonly locks: SimLocks | undefined;
  readonly lanes: boolean;
  /** What the next tab that is opened wants. */
  filter: Scope | undefined;
  /** All that was wanted and readable so far. */
  readonly scopes: (Scope | undefined)[] = [];
  tabs: SimTab[] = [];
  /** Tabs that are not there yet. */
  readonly opening = new Set<{ kill(): void }>();
  online = true;
  /** Whether its policies take their time. */
  thinks = false;
  clockSkewMs = 0;
  readonly #scheduler: Scheduler;

  constructor(scheduler: Scheduler, index: number, locks: boolean, filter: Scope | undefined, lanes: boolean) {
    this.index = index;
    this.#scheduler = scheduler;
    this.locks = locks ? new SimLocks() : undefined;
    this.filter = filter;
    this.lanes = lanes;
    this.diskOf(0);
  }

  diskOf(generation: number): SimDisk {
    return (this.disks[generation] ??= new SimDisk(this.#scheduler, `device-${this.index}-${generation}`));
  }

  /** The one that holds what is pending. */
  async disk(): Promise<SimDisk> {
    for (let generation = 0; ; ) {
      const disk = this.diskOf(generation);
      const next = (await outboxHeadOn(disk))?.movedTo;
      // Until it has taken over, what is pending is where it was.
      if (next === undefined || (await outboxHeadOn(this.diskOf(next)))?.movedFrom !== disk.epoch) return disk;
      generation = next;
    }
  }
}

export async function outboxHeadOn(disk: SimDisk): Promise<OutboxHead | undefined> {
  return readOutboxHead(await (await disk.open()).documents());
}

async function loadStream(replica: Replica, stream: string): Promise<LoadedEvent[]> {
  const confirmed = await readAll(replica.log, stream);
  const { commits } = await replica.outbox.look();
  return [...confirmed, ...asPending(pendingEvents(commits, stream, confirmed.at(-1)?.version ?? 0))];
}

export async function readAll(log: Log, stream?: string): Promise<LoadedEvent[]> {
  const events: LoadedEvent[] = [];
  for (let from: number | undefined = 1; from !== undefined; ) {
    const range = { from, limit: 500, direction: 'forwards' as const };
    const page: Awaited<ReturnType<Log['readAll']>> = stream === undefined ? await log.readAll(range) : await log.readStream(stream, range);
    events.push(...page.batches.flatMap((batch) => decodeBatch(batch)));
    from = page.next;
  }
  return events;
}

function failedToWrite(error: unknown): boolean {
  return isErmineError(error, 'STORAGE_FULL') || isErmineError(error, 'STORAGE_BLOCKED');
}

/** A tab: the parts of a synced store, on injected time, chance, network, storage and locks. */
export class SimTab {
  readonly name: string;
  readonly filter: Scope | undefined;
  readonly process: SimProcess;
  readonly replica: Replica;
  readonly engine: SyncEngine;
  readonly #appends: PendingAppends;
  readonly #device: SimDevice;

  static async open(scheduler: Scheduler, device: SimDevice, server: SimServer, principalOf: () => Principal, faults: NetworkFaults, name: string): Promise<SimTab> {
    const process = new SimProcess();
    const { filter } = device;
    const generations = new Generations((generation) => device.diskOf(generation).storageOf(process, `device-${device.index}-${generation}`), async () => undefined);
    // It may die while it ends a move.
    const opening = {
      kill() {
        process.dead = true;
        device.opening.delete(opening);
      },
    };
    device.opening.add(opening);
    const current = await generations.openCurrent(() => undefined);
    const tab = new SimTab(scheduler, device, server, principalOf, faults, name, process, filter, current, generations);
    await tab.replica.outbox.create(`client-${device.index}-${name}`);
    device.opening.delete(opening);
    device.tabs.push(tab);
    return tab;
  }

  private constructor(
    scheduler: Scheduler,
    device: SimDevice,
    server: SimServer,
    principalOf: () => Principal,
    faults: NetworkFaults,
    name: string,
    process: SimProcess,
    filter: Scope | undefined,
    current: CurrentGeneration,
    generations: Generations,
  ) {
    const { log, documents } = current;
    this.name = name;
    this.filter = filter;
    this.process = process;
    this.#device = device;
    const queue = new AppendQueue(log, () => undefined);
    this.replica = new Replica(log, documents, queue, () => undefined);
    const clock = (): number => scheduler.now + device.clockSkewMs;
    this.#appends = new PendingAppends(this.replica, filter, clock);
    this.engine = new SyncEngine(this.replica, {
      policies: policiesOf(async () => (device.thinks ? scheduler.sleep(scheduler.random() * 3_000) : undefined)),
      filter,
      lanes: device.lanes,
      clock,
      openSuccessor: generations.successorOf(current),
      encode: (stream, events) => encodeEvents(stream, events, 'events', { limits: defaultLimits, now: scheduler.now, metadata: undefined }),
      decoder: plainDecoder,
      transport: simTransport(scheduler, server, principalOf, process, faults, () => device.online),
      random: scheduler.random,
      timers: scheduler as never,
      locks: device.locks,
      name: 'sim',
      pollIntervalMs: 20_000,
      takeoverMs: 5_000,
    });
  }

  /** @returns what was acknowledged, or undefined when it was refused; never settles when the tab dies */
  async append(mark: string, streams: readonly string[], count: number, how: 'exact' | 'any' | 'stale'): Promise<Acknowledged | undefined> {
    let part = 0;
    const writes = [];
    const ids: string[] = [];
    for (const stream of streams) {
      const seen = await loadStream(this.replica, stream);
      const version = seen.at(-1)?.version ?? 0;
      const expectedVersion = how === 'exact' ? version : how === 'any' ? -1 : Math.max(0, version - 1);
      const marked = eventsOf(mark, count, seen, how === 'any', part);
      // As of a command that is to be known again.
      const events = categoryOf(stream) === 'Decide' ? marked.map((event) => ({ ...event, id: uuidOfText(`${mark}.${event.data.part}`, hash53) })) : marked;
      part += count;
      const batches = encodeEvents(stream, events, 'events', { limits: defaultLimits, now: 1_700_000_000_000, metadata: undefined });
      ids.push(...batches.flatMap((batch) => batch.ids ?? []).filter((id) => id !== undefined));
      writes.push({ stream, expectedVersion, batches });
    }
    try {
      await this.#appends.append({ writes, ids }, categoryOf(streams[0]!) === 'Decide' ? { mark, count } : undefined);
    } catch (error) {
      if (isErmineError(error, 'CONCURRENCY_CONFLICT') || isErmineError(error, 'SYNC_REFUSED') || failedToWrite(error)) return undefined;
      throw error;
    }
    this.engine.wake();
    return { mark, device: this.#device.index, tab: this.name, streams };
  }

  /** Somebody looks into the dead letters and tries one again. @returns its marks */
  async retryRejected(): Promise<string | undefined> {
    const commit = (await this.replica.outbox.look()).rejected[0];
    if (!commit) return undefined;
    try {
      await restoreRejected(this.replica, commit.commitId, undefined);
    } catch (error) {
      if (isErmineError(error, 'SYNC_REFUSED')) return undefined;
      // Or has it been written?
      if (failedToWrite(error)) return JSON.stringify(commit.writes);
      throw error;
    }
    this.engine.wake();
    return JSON.stringify(commit.writes);
  }

  kill(): void {
    this.process.dead = true;
    // Lets the lock go, as a browser does; what the tab still does is neither written nor sent.
    void this.engine.close();
    this.#device.tabs = this.#device.tabs.filter((tab) => tab !== this);
  }
}
