import { Observable, type Subscriber } from 'rxjs';
import { isErmineError } from '../event/errors.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import type { Follower, LogFollower } from './log-follower.ts';
import type { Source } from './sources.ts';

/** In an opted-in subscription: everything that was in the log up to this position has been delivered. */
export interface CaughtUp {
  readonly type: typeof CaughtUp;
  readonly globalPosition: number;
}

/** The type of a {@link CaughtUp}. */
export const CaughtUp = '$caughtUp';

/** Tells a {@link CaughtUp} from an event. */
export function isCaughtUp(entry: { readonly type: string }): entry is CaughtUp {
  return entry.type === CaughtUp;
}

/** What a subscription does with each event, and whether it tells that it has delivered all there is. */
export interface SubscribeOptions<E extends Event> {
  /** Also emit {@link CaughtUp}, each time the subscription has delivered all there is. */
  readonly caughtUp?: boolean;
  /**
   * Awaited for every event before it is emitted and before anything further is read: work that is slower than the log
   * then holds the subscription back instead of filling memory. When it throws, the subscription ends with its error.
   */
  readonly each?: (event: StoredEvent<E>) => void | Promise<void>;
}

/**
 * Delivers a source to each subscriber, from its cursor on, for ever: in order, once, without a gap. Catching up and
 * following live are one loop, which reads until there is no more and then waits to be woken.
 */
export function subscription<E extends Event>(
  follower: LogFollower,
  createSource: () => Source<E>,
  options: SubscribeOptions<E>,
): Observable<StoredEvent<E> | CaughtUp> {
  return new Observable((subscriber) => {
    const pump = new Pump(createSource(), subscriber, options);
    subscriber.add(follower.follow(pump));
    pump.wake();
  });
}

class Pump<E extends Event> implements Follower {
  readonly #source: Source<E>;
  readonly #subscriber: Subscriber<StoredEvent<E> | CaughtUp>;
  readonly #options: SubscribeOptions<E>;
  #wanted = false;
  #running = false;
  #announced = -1;

  constructor(source: Source<E>, subscriber: Subscriber<StoredEvent<E> | CaughtUp>, options: SubscribeOptions<E>) {
    this.#source = source;
    this.#subscriber = subscriber;
    this.#options = options;
  }

  get position(): number {
    return this.#source.position;
  }

  end(): void {
    this.#subscriber.complete();
  }

  wake(): void {
    this.#wanted = true;
    if (this.#running) return;
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted && !this.#subscriber.closed) {
        this.#wanted = false;
        await this.#deliverAll();
      }
    } catch (error) {
      // A storage that is blocked or away for the moment is tried again at the next wake-up, at the latest by the poll.
      if (isErmineError(error, 'STORE_CLOSED')) this.#subscriber.complete();
      else if (!isErmineError(error, 'STORAGE_BLOCKED')) this.#subscriber.error(error);
    } finally {
      this.#running = false;
    }
  }

  async #deliverAll(): Promise<void> {
    const { each, caughtUp } = this.#options;
    for (let more = true; more && !this.#subscriber.closed; ) {
      const page = await this.#source.read();
      for (const event of page.events) {
        if (this.#subscriber.closed) return;
        try {
          if (each) await each(event);
        } catch (error) {
          // Whatever it is: the source has passed this event, and would not give it again.
          return this.#subscriber.error(error);
        }
        this.#subscriber.next(event);
      }
      more = page.more;
    }
    if (caughtUp && !this.#wanted && this.#announced < this.#source.position) {
      this.#announced = this.#source.position;
      this.#subscriber.next({ type: CaughtUp, globalPosition: this.#announced });
    }
  }
}
