import { defaultLimits } from '../event/limits.ts';
import type { Principal } from '../server/principal.ts';
import { RequestFailure, failureBody } from '../server/request-failure.ts';
import { SyncServer } from '../server/sync-server.ts';
import { TenantLogs } from '../server/tenant-logs.ts';
import type { Route } from './protocol.ts';
import type { Scheduler } from './sim-scheduler.test-fixture.ts';
import { SimProcess, never, thawed, type SimDisk } from './sim-storage.test-fixture.ts';
import type { Transport } from './transport.ts';

const limits = { ...defaultLimits, maxRequestBytes: 8 * 1024 * 1024, maxPullEvents: 1_000, maxLiveStreams: 1_000 };

/** A server that can be killed, started again, and put back to an older backup. */
export class SimServer {
  readonly disk: SimDisk;
  #process = new SimProcess();
  #server: SyncServer | undefined;
  #logs: TenantLogs | undefined;
  #incarnation = 0;

  readonly #pullEvents: number;

  /** @param pullEvents the page of a pull: a small one ends within commits */
  constructor(disk: SimDisk, pullEvents: number) {
    this.disk = disk;
    this.#pullEvents = pullEvents;
  }

  get running(): boolean {
    return this.#server !== undefined;
  }

  start(): void {
    this.#process = new SimProcess();
    const process = this.#process;
    const name = `sim-server-${this.#incarnation++}-${Math.random()}`;
    this.#logs = new TenantLogs(() => this.disk.storageOf(process, name), 3_600_000);
    this.#server = new SyncServer(this.#logs, { ...limits, maxPullEvents: this.#pullEvents });
  }

  kill(): void {
    this.#process.dead = true;
    this.#server = undefined;
    // Only gives back what the process had of this one.
    void this.#logs?.close();
  }

  async answer(route: Exclude<Route, 'live'>, body: string, principal: Principal): Promise<{ status: number; body: string }> {
    const process = this.#process;
    if (!this.#server) throw new Error('connection refused');
    try {
      const answer = await this.#server.answer(route, body, principal);
      return process.dead ? never() : { status: 200, body: answer };
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return { status: error.status, body: failureBody(error.code, error.message) };
    }
  }

  /** Calls back with the head whenever it moves, until the returned function is called. */
  async watch(body: string, principal: Principal, onHead: (head: number) => void): Promise<() => void> {
    if (!this.#server) throw new Error('connection refused');
    const { watch } = await this.#server.live(body, principal);
    return watch.watch(onHead);
  }
}

export interface NetworkFaults {
  /** Probability for each message, there and back. */
  loss: number;
  double: number;
  cut: number;
  maxDelayMs: number;
}

/** Lost, doubled, reordered, late and cut messages between a tab and the server. */
export function simTransport(scheduler: Scheduler, server: SimServer, principalOf: () => Principal, process: SimProcess, faults: NetworkFaults, isOnline: () => boolean): Transport {
  const travel = async (): Promise<void> => {
    await scheduler.sleep(scheduler.random() * faults.maxDelayMs);
    if (!isOnline() || scheduler.chance(faults.loss)) {
      // Nobody tells: the sender gives up after a while.
      await scheduler.sleep(scheduler.random() * 3_000);
      throw new Error('lost');
    }
  };
  return {
    async send(route, body) {
      await travel();
      await thawed(scheduler, process);
      if (scheduler.chance(faults.double)) {
        // The double may arrive much later, when its sender is long gone.
        void scheduler.sleep(scheduler.random() * 20_000).then(() => server.answer(route, body, principalOf()).catch(() => undefined));
      }
      // A server that dies takes the connection with it.
      const answer = await Promise.race([server.answer(route, body, principalOf()), scheduler.sleep(30_000)]);
      if (!answer) throw new Error('timed out');
      await travel();
      await thawed(scheduler, process);
      if (process.dead) return never();
      return scheduler.chance(faults.cut) ? { ...answer, body: answer.body.slice(0, scheduler.pick(answer.body.length)) } : answer;
    },
    async live(body, onLine, signal) {
      await travel();
      const unwatch = await server.watch(body, principalOf(), (head) => {
        if (process.dead || !isOnline() || scheduler.chance(faults.loss)) return;
        scheduler.setTimeout(() => {
          if (!process.dead && !signal.aborted) onLine(`{"head":${head}}`);
        }, scheduler.random() * faults.maxDelayMs);
      });
      await new Promise<void>((resolve) => {
        if (signal.aborted) return resolve();
        signal.addEventListener('abort', () => resolve());
        // A proxy ends it.
        scheduler.setTimeout(resolve, 5_000 + scheduler.random() * 30_000);
      });
      unwatch();
      return { status: 200, body: '' };
    },
  };
}
