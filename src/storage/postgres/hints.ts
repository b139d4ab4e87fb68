import type { Hint } from '../../event/hint.ts';
import type { AnyPostgresClient } from './adapt-client.ts';
import type { PostgresClient } from './client.ts';

/** Between two notifications of a log at least so many milliseconds pass: all that notify wait for each other in the server. */
const NOTIFY_INTERVAL_MS = 20;

const hubs = new WeakMap<AnyPostgresClient, Map<string, HintHub>>();

/** The one hub of a client and a schema, so that many logs share one connection that listens. */
export function hintHubOf(key: AnyPostgresClient, client: PostgresClient, schema: string): HintHub {
  const ofClient = hubs.get(key) ?? new Map<string, HintHub>();
  hubs.set(key, ofClient);
  const hub = ofClient.get(schema) ?? new HintHub(client, `ermine_${schema}`);
  ofClient.set(schema, hub);
  return hub;
}

/** Hints by `NOTIFY` and `LISTEN`, on one channel for all logs of a schema; a log is known by its epoch. */
export class HintHub {
  readonly #client: PostgresClient;
  readonly #channel: string;
  readonly #listeners = new Map<string, Set<(hint: Hint) => void>>();
  #unlisten: (() => void) | undefined;

  constructor(client: PostgresClient, channel: string) {
    this.#client = client;
    this.#channel = channel;
  }

  /** Listens while anybody does. */
  listen(epoch: string, listener: (hint: Hint) => void): () => void {
    const listeners = this.#listeners.get(epoch) ?? new Set();
    this.#listeners.set(epoch, listeners.add(listener));
    this.#unlisten ??= this.#client.listen?.(
      this.#channel,
      (payload) => this.#onNotification(payload),
      // Until now nobody was heard.
      () => this.#tell((ofLog) => ({ epoch: ofLog, position: Number.MAX_SAFE_INTEGER })),
    );
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(epoch);
      if (this.#listeners.size > 0) return;
      this.#unlisten?.();
      this.#unlisten = undefined;
    };
  }

  async notify(hint: Hint): Promise<void> {
    // The notification is a transaction of its own, after the commit: one inside it would make the commits of all logs of
    // the cluster wait for each other. It need not survive a crash, so it does not wait for the disk.
    await this.#client.query(`SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`, [this.#channel, JSON.stringify(hint)]);
  }

  #onNotification(payload: string): void {
    const { epoch, position } = parseHint(payload) ?? {};
    if (epoch !== undefined && position !== undefined) this.#tell((ofLog) => (ofLog === epoch ? { epoch, position } : undefined));
  }

  #tell(hintFor: (epoch: string) => Hint | undefined): void {
    for (const [epoch, listeners] of [...this.#listeners]) {
      const hint = hintFor(epoch);
      if (hint) for (const listener of [...listeners]) listener(hint);
    }
  }
}

/** Anybody who can connect can notify: what is no hint is ignored. */
function parseHint(payload: string): Hint | undefined {
  try {
    const { epoch, position } = Object(JSON.parse(payload)) as Partial<Hint>;
    return typeof epoch === 'string' && Number.isSafeInteger(position) ? { epoch, position: position! } : undefined;
  } catch {
    return undefined;
  }
}

/** Tells the others of a log's commits: at once, and while there are many, now and then the latest. */
export class HintPublisher {
  readonly #hub: HintHub;
  readonly #epoch: string;
  #position = 0;
  #publishing: Promise<void> | undefined;
  #hurry: () => void = () => undefined;
  #closing = false;

  constructor(hub: HintHub, epoch: string) {
    this.#hub = hub;
    this.#epoch = epoch;
  }

  publish(position: number): void {
    this.#position = position;
    this.#publishing ??= this.#publish().finally(() => (this.#publishing = undefined));
  }

  /** Sends what is left. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#hurry();
    await this.#publishing;
  }

  async #publish(): Promise<void> {
    for (let sent = -1; sent < this.#position; ) {
      sent = this.#position;
      // A hint may be lost: whoever follows the log also looks now and then.
      await this.#hub.notify({ epoch: this.#epoch, position: sent }).catch(() => undefined);
      if (this.#closing) continue;
      await new Promise<void>((resolve) => {
        this.#hurry = resolve;
        const timer: unknown = setTimeout(resolve, NOTIFY_INTERVAL_MS);
        (timer as { unref?: () => void }).unref?.();
      });
    }
  }
}
