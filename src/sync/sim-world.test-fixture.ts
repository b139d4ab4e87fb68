import type { Principal } from '../server/principal.ts';
import { intersectScopes } from './protocol-scope.ts';
import type { Scope } from './protocol.ts';
import { sameScope, type ReplicaState } from './replica-state.ts';
import { SimDevice, SimTab, outboxHeadOn, type Acknowledged } from './sim-device.test-fixture.ts';
import { SimServer, type NetworkFaults } from './sim-network.test-fixture.ts';
import { Scheduler } from './sim-scheduler.test-fixture.ts';
import { SimDisk } from './sim-storage.test-fixture.ts';

const STREAMS = ['Reject-1', 'Reject-2', 'Rebase-1', 'Decide-1', 'Decide-2', 'Both-1', 'Throws-1'];
const FILTERS: readonly (Scope | undefined)[] = [undefined, { categories: ['Reject', 'Decide', 'Both'], streams: ['Rebase-1'] }, { categories: ['Both', 'Throws'], streams: ['Decide-2', 'Reject-1'] }];
const RIGHTS: readonly (Scope | undefined)[] = [undefined, { categories: ['Both', 'Decide', 'Rebase', 'Reject'], streams: [] }, { categories: ['Decide', 'Reject', 'Throws'], streams: [] }];
const HEAL_LIMIT_MS = 30 * 60_000;

/** Devices with tabs, a server, a network, and everything that can go wrong between them, all from one seed. */
export class SimWorld {
  readonly scheduler: Scheduler;
  readonly server: SimServer;
  readonly devices: SimDevice[] = [];
  readonly acknowledged: Acknowledged[] = [];
  /** All marks of appends that were begun. */
  readonly begun = new Map<string, number>();
  /** What was in the dead letters and was tried again, as text. */
  retried = '';
  /** What waited on a device when it was copied, as text: the copy decides on it, too. */
  copied = '';
  /** What was wrong on the way. */
  readonly faults: string[] = [];
  /** Whether the server was put back to an older backup. */
  restored = false;
  /** What the server lets everybody read. */
  readable: Scope | undefined;
  readonly #faults: NetworkFaults;
  readonly #restores: boolean;
  readonly #changesScopes: boolean;
  #tabs = 0;
  #backup = 0;

  constructor(seed: number, options: { readonly restores?: boolean } = {}) {
    this.scheduler = new Scheduler(seed);
    const { scheduler } = this;
    this.server = new SimServer(new SimDisk(scheduler, 'server'), scheduler.chance(0.3) ? 1 + scheduler.pick(4) : 1_000);
    this.#restores = options.restores ?? false;
    this.#changesScopes = scheduler.chance(0.4);
    const rough = scheduler.chance(0.7);
    this.#faults = { loss: rough ? 0.15 : 0.02, double: rough ? 0.15 : 0.05, cut: rough ? 0.05 : 0, maxDelayMs: scheduler.chance(0.3) ? 2_000 : 100 };
    const devices = 1 + scheduler.pick(3);
    for (let i = 0; i < devices; i++) {
      const filter = scheduler.chance(0.25) ? FILTERS[1] : undefined;
      this.devices.push(new SimDevice(scheduler, i, scheduler.chance(0.6), filter, scheduler.chance(0.25)));
    }
  }

  /** @param check what must hold at every moment */
  async run(steps: number, check: (world: SimWorld) => Promise<string[]>): Promise<void> {
    const { scheduler, server } = this;
    server.start();
    this.#noteScopes();
    for (const device of this.devices) this.#openTab(device);
    for (let step = 0; step < steps; step++) {
      this.#act();
      await scheduler.run(scheduler.random() * scheduler.random() * 3_000);
      if (scheduler.chance(0.2) && !this.restored) this.faults.push(...(await check(this)));
    }
  }

  /** The network is whole, everybody is there, nothing dies any more: waits until all is quiet. @returns whether that came */
  async heal(): Promise<boolean> {
    const { scheduler, server } = this;
    Object.assign(this.#faults, { loss: 0, double: 0, cut: 0, maxDelayMs: 50 });
    if (!server.running) server.start();
    for (const device of this.devices) {
      device.online = true;
      for (const { process, engine } of device.tabs) {
        Object.assign(process, { fullUntil: 0, doubt: 0 });
        engine.resume();
      }
      // The application is loaded again: at least one tab follows where it goes on.
      for (const [i, tab] of device.tabs.entries()) if (i === 0 || tab.filter !== device.filter) tab.kill();
      this.#openTab(device);
    }
    return scheduler.runUntil(() => this.#isQuiet(), HEAL_LIMIT_MS);
  }

  close(): void {
    for (const tab of this.devices.flatMap(({ tabs }) => tabs)) tab.kill();
    this.server.kill();
  }

  async #isQuiet(): Promise<boolean> {
    const head = await (await this.server.disk.open()).head();
    for (const device of this.devices) {
      // Whoever is told that it goes on elsewhere, loads the page again.
      for (const tab of device.tabs.filter(hasMovedOn)) this.#reload(device, tab);
      if (device.opening.size > 0) return false;
      const disk = await device.disk();
      if ((await outboxHeadOn(disk))?.movedTo !== undefined) return false;
      for (const left of device.disks.slice(0, device.disks.indexOf(disk))) {
        const head = await outboxHeadOn(left);
        if (head?.movedTo !== undefined && !head.emptied) return false;
      }
      const frozen = device.tabs.length > 0 && device.tabs.every(({ engine }) => isFrozen(engine.status$.value));
      if (frozen && this.restored) continue;
      const documents = await (await disk.open()).documents();
      const { documents: commits } = await documents.list({ collection: '$outbox', direction: 'forwards', limit: 1_000 });
      if (commits.some(({ data }) => (JSON.parse(data) as { seq: number | null }).seq !== null)) return false;
      const [replica] = await documents.get([{ collection: '$sync', key: 'replica' }]);
      const state = replica === undefined ? { cursor: 0, tail: 0 } : (JSON.parse(replica) as ReplicaState);
      if (state.cursor !== head || (head > 0 && !sameScope(state, { ...(device.filter && { filter: device.filter }), ...(this.readable && { readable: this.readable }) }))) return false;
    }
    return true;
  }

  #act(): void {
    const { scheduler, server } = this;
    const device = this.devices[scheduler.pick(this.devices.length)]!;
    const tab = device.tabs[scheduler.pick(device.tabs.length)];
    if (tab && scheduler.chance(0.08)) return this.#disturb(device, tab);
    if (this.#changesScopes && scheduler.chance(0.06)) return this.#changeScope(device);
    const dice = scheduler.random();
    if (tab && hasMovedOn(tab)) this.#reload(device, tab);
    else if (dice < 0.6) this.#append(tab);
    else if (dice < 0.68) device.online = !device.online;
    else if (dice < 0.76) (tab ?? [...device.opening][0])?.kill();
    else if (dice < 0.88) this.#openTab(device);
    else if (dice < 0.9) void tab?.engine.now();
    else if (dice < 0.92 && tab) tab.process.frozenUntil = scheduler.now + scheduler.random() * 20_000;
    else if (dice < 0.935) void tab?.retryRejected().then((text) => (this.retried += text ?? ''));
    else if (dice < 0.94 && this.devices.length < 4) void this.#copy(device);
    else if (dice < 0.97) {
      if (server.running) server.kill();
      else server.start();
    } else if (this.#restores) {
      const { disk } = server;
      if (this.#backup > 0) {
        server.kill();
        const mark = this.#backup;
        this.restored = true;
        this.#backup = 0;
        void disk.restore(mark).then(() => server.start());
      } else this.#backup = disk.mark;
    }
    // Rarely is it off for long.
    if (!server.running && !this.restored && scheduler.chance(0.3)) server.start();
  }

  /** A full disk, writes of which nobody knows, a user who pauses, policies that take their time, another clock. */
  #disturb(device: SimDevice, { process, engine }: SimTab): void {
    const { scheduler } = this;
    const dice = scheduler.random();
    if (dice < 0.3) process.fullUntil = scheduler.now + scheduler.random() * 10_000;
    else if (dice < 0.4) process.doubt = scheduler.chance(0.5) ? 0 : 0.2;
    else if (dice < 0.65) engine.pause();
    else if (dice < 0.9) engine.resume();
    else if (dice < 0.95) device.thinks = !device.thinks;
    else device.clockSkewMs = (scheduler.random() - 0.5) * 1e11;
  }

  /** The application wants something else, from the next time on that it is opened; or the server lets everybody have something else. */
  #changeScope(device: SimDevice): void {
    const { scheduler } = this;
    if (scheduler.chance(0.5)) device.filter = FILTERS[scheduler.pick(FILTERS.length)];
    else this.readable = RIGHTS[scheduler.pick(RIGHTS.length)];
    this.#noteScopes();
  }

  #noteScopes(): void {
    for (const device of this.devices) device.scopes.push(intersectScopes(device.filter, this.readable));
  }

  #reload(device: SimDevice, tab: SimTab): void {
    tab.kill();
    this.#openTab(device);
  }

  #append(tab: SimTab | undefined): void {
    if (!tab) return;
    const { scheduler } = this;
    const mark = `m${this.begun.size + 1}`;
    const count = scheduler.chance(0.7) ? 1 : 1 + scheduler.pick(3);
    const how = (['exact', 'exact', 'exact', 'any', 'stale'] as const)[scheduler.pick(5)]!;
    const streams = [STREAMS[scheduler.pick(STREAMS.length)]!];
    if (scheduler.chance(0.15)) streams.push(...STREAMS.filter((stream) => stream !== streams[0]).slice(0, 1 + scheduler.pick(2)));
    this.begun.set(mark, count * streams.length);
    void tab.append(mark, streams, count, how).then((told) => {
      if (told && !tab.process.dead) this.acknowledged.push(told);
    });
  }

  /** A profile is copied, or restored beside the one that goes on: two devices that think they are the same. */
  async #copy(device: SimDevice): Promise<void> {
    const copy = new SimDevice(this.scheduler, this.devices.length, device.locks !== undefined, device.filter, device.lanes);
    for (const disk of device.disks) {
      const { documents } = await (await (await disk.open()).documents()).list({ collection: '$outbox', direction: 'forwards', limit: 1_000 });
      this.copied += JSON.stringify(documents);
    }
    copy.scopes.push(...device.scopes);
    await Promise.all(device.disks.map((disk, generation) => copy.diskOf(generation).copy(disk)));
    this.devices.push(copy);
    this.#openTab(copy);
  }

  #openTab(device: SimDevice): void {
    if (device.tabs.length >= 3) return;
    const principalOf = (): Principal => ({ tenant: 'sim', user: 'sim', ...(this.readable && { readable: this.readable }) });
    void SimTab.open(this.scheduler, device, this.server, principalOf, this.#faults, `tab-${this.#tabs++}`);
  }
}

/** Whether it was told that another generation goes on. */
function hasMovedOn({ engine }: SimTab): boolean {
  const { state, error } = engine.status$.value as { state: string; error?: { reason?: string } };
  return state === 'stuck' && error?.reason === 'SCOPE_CHANGED';
}

function isFrozen(status: { readonly state: string; readonly final?: boolean }): boolean {
  return status.state === 'standby' || (status.state === 'stuck' && status.final === true);
}
