import type { Principal } from '../server/principal.ts';
import type { Scope } from './protocol.ts';
import { SimDevice, SimTab, type Acknowledged } from './sim-device.test-fixture.ts';
import { SimServer, type NetworkFaults } from './sim-network.test-fixture.ts';
import { Scheduler } from './sim-scheduler.test-fixture.ts';
import { SimDisk } from './sim-storage.test-fixture.ts';

const STREAMS = ['Reject-1', 'Reject-2', 'Rebase-1', 'Decide-1', 'Decide-2', 'Both-1', 'Throws-1'];
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
  readonly #faults: NetworkFaults;
  readonly #restores: boolean;
  #tabs = 0;
  #backup = 0;

  constructor(seed: number, options: { readonly restores?: boolean } = {}) {
    this.scheduler = new Scheduler(seed);
    const { scheduler } = this;
    this.server = new SimServer(new SimDisk(scheduler, 'server'), scheduler.chance(0.3) ? 1 + scheduler.pick(4) : 1_000);
    this.#restores = options.restores ?? false;
    const rough = scheduler.chance(0.7);
    this.#faults = { loss: rough ? 0.15 : 0.02, double: rough ? 0.15 : 0.05, cut: rough ? 0.05 : 0, maxDelayMs: scheduler.chance(0.3) ? 2_000 : 100 };
    const devices = 1 + scheduler.pick(3);
    for (let i = 0; i < devices; i++) {
      const filter: Scope | undefined = scheduler.chance(0.25) ? { categories: ['Reject', 'Decide', 'Both'], streams: ['Rebase-1'] } : undefined;
      this.devices.push(new SimDevice(scheduler, i, scheduler.chance(0.6), filter, scheduler.chance(0.25)));
    }
  }

  /** @param check what must hold at every moment */
  async run(steps: number, check: (world: SimWorld) => Promise<string[]>): Promise<void> {
    const { scheduler, server } = this;
    server.start();
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
      const frozen = device.tabs.length > 0 && device.tabs.every(({ engine }) => isFrozen(engine.status$.value));
      if (frozen && this.restored) continue;
      const documents = await (await device.disk.open()).documents();
      const { documents: commits } = await documents.list({ collection: '$outbox', direction: 'forwards', limit: 1_000 });
      if (commits.some(({ data }) => (JSON.parse(data) as { seq: number | null }).seq !== null)) return false;
      const [replica] = await documents.get([{ collection: '$sync', key: 'replica' }]);
      if ((replica === undefined ? 0 : (JSON.parse(replica) as { cursor: number }).cursor) !== head) return false;
    }
    return true;
  }

  #act(): void {
    const { scheduler, server } = this;
    const device = this.devices[scheduler.pick(this.devices.length)]!;
    const tab = device.tabs[scheduler.pick(device.tabs.length)];
    const dice = scheduler.random();
    if (dice < 0.6) this.#append(tab);
    else if (dice < 0.68) device.online = !device.online;
    else if (dice < 0.76) tab?.kill();
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
    const { documents } = await (await (await device.disk.open()).documents()).list({ collection: '$outbox', direction: 'forwards', limit: 1_000 });
    this.copied += JSON.stringify(documents);
    await copy.disk.copy(device.disk);
    this.devices.push(copy);
    this.#openTab(copy);
  }

  #openTab(device: SimDevice): void {
    if (device.tabs.length >= 3) return;
    const principal: Principal = { tenant: 'sim', user: 'sim' };
    void SimTab.open(this.scheduler, device, this.server, principal, this.#faults, `tab-${this.#tabs++}`);
  }
}

function isFrozen(status: { readonly state: string; readonly final?: boolean }): boolean {
  return status.state === 'standby' || (status.state === 'stuck' && status.final === true);
}
