import { AnyVersion, type AppendResult, type EventStore } from '../../../src/index.ts';
import { batch } from './batch.ts';
import { toFailure, type Failure } from './recording.ts';
import { nextTask } from './tasks.ts';

export interface Acknowledged extends AppendResult {
  readonly append: string;
}

export interface AppenderOptions {
  readonly stream: string;
  /** Events of one append. */
  readonly size?: number;
  /** Random bytes of one event. */
  readonly bytes?: number;
  /** Gives each event an id, so that the store has to look whether it knows it. */
  readonly withIds?: boolean;
  /** Appends under way at the same time. */
  readonly concurrency?: number;
  /** Appends after which it stops by itself. */
  readonly count?: number;
}

/** Appends without a pause until it is stopped. */
export class Appender {
  readonly acknowledged: Acknowledged[] = [];
  readonly failures: Failure[] = [];
  /** The longest time that an append took, in milliseconds. */
  slowestMs = 0;
  readonly done: Promise<void>;
  #left: number;

  constructor(store: EventStore, { stream, size = 1, bytes = 0, withIds = false, concurrency = 1, count = Infinity }: AppenderOptions, onAcknowledged?: (ack: Acknowledged) => void) {
    this.#left = count;
    const work = async (): Promise<void> => {
      while (this.#left-- > 0) {
        const ids = withIds ? Array.from({ length: size }, () => crypto.randomUUID()) : undefined;
        const events = batch(size, { bytes, ...(ids && { ids }) });
        const startMs = performance.now();
        try {
          const result = await store.appendToStream(stream, AnyVersion, events);
          const acknowledged = { ...result, append: (events[0]!.data as { append: string }).append };
          this.acknowledged.push(acknowledged);
          onAcknowledged?.(acknowledged);
        } catch (error) {
          this.failures.push(toFailure(error));
          // What fails at once, and again and again, would leave the tab no time for anything else.
          await nextTask();
        }
        this.slowestMs = Math.max(this.slowestMs, performance.now() - startMs);
      }
    };
    this.done = Promise.all(Array.from({ length: concurrency }, work)).then(() => undefined);
  }

  async stop(): Promise<void> {
    this.#left = 0;
    await this.done;
  }
}
