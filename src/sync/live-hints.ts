import { unref } from '../tabs/unref.ts';
import type { Replica } from './replica.ts';
import { checkStatus, readAnswer } from './server-messages.ts';
import type { Timers } from './timers.ts';
import type { Transport } from './transport.ts';
import { untilAborted } from './until-aborted.ts';

export interface LiveSettings {
  readonly transport: Transport;
  readonly timers: Timers;
  /** The beginning of the request, without its end. */
  readonly requestHead: () => Promise<string>;
  /** How long to wait after so many streams that broke. */
  readonly backoffMs: (failures: number) => number;
  /** The server has more, or the stream has broken: a round finds out. */
  readonly wake: () => void;
}

/** A live stream that is silent for this many milliseconds is dead. */
const SILENCE_MS = 45_000;

/** Follows the server's hints. A stream that ends is begun again with the next round. */
export class LiveHints {
  readonly #replica: Replica;
  readonly #settings: LiveSettings;
  #stream: AbortController | undefined;
  #failures = 0;
  #ended = false;

  constructor(replica: Replica, settings: LiveSettings) {
    this.#replica = replica;
    this.#settings = settings;
  }

  /** Begins to listen unless it does. */
  listen(): void {
    if (this.#stream || this.#ended) return;
    const stream = new AbortController();
    this.#stream = stream;
    // Why it broke shows in the round that follows.
    void this.#follow(stream)
      .catch(() => undefined)
      .finally(() => {
        // One that was no use is still open on the other side.
        stream.abort();
        this.#stream = undefined;
        // One that breaks at once must not be begun again at once.
        this.#failures++;
        if (!this.#ended) unref(this.#settings.timers.setTimeout(this.#settings.wake, this.#settings.backoffMs(this.#failures)));
      });
  }

  /** Until `listen()` is called again. */
  stop(): void {
    this.#stream?.abort();
  }

  end(): void {
    this.#ended = true;
    this.stop();
  }

  async #follow(stream: AbortController): Promise<void> {
    const { transport, timers, requestHead, wake } = this.#settings;
    let silence: unknown;
    const alive = (): void => {
      timers.clearTimeout(silence as never);
      silence = timers.setTimeout(() => stream.abort(), SILENCE_MS);
      unref(silence);
    };
    try {
      let last = (await this.#replica.state()).state.cursor;
      let lines = 0;
      const onLine = (line: string): void => {
        alive();
        // The first one comes at once, also on a stream that ends at once.
        if (++lines > 1) this.#failures = 0;
        const { head } = readAnswer('liveLine', line);
        if (head > last) wake();
        last = Math.max(last, head);
      };
      alive();
      const request = `${await requestHead()},"after":${last}}`;
      checkStatus(await untilAborted(stream.signal, () => transport.live(request, onLine, stream.signal)));
    } finally {
      timers.clearTimeout(silence as never);
    }
  }
}
