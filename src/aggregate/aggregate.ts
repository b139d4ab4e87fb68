import type { Event, EventData, StoredEvent } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import { keepSnapshot, loadAggregateState, type AggregateOptions, type LoadedAggregate } from './aggregate-stream.ts';
import type { StreamStore, WiderStore } from './stream-store.ts';

/**
 * An aggregate as a class, for those who prefer methods to a `Decider`: its methods check the rules and call `apply`, and
 * `evolve` makes up the state. Only what `apply` was called with is written.
 *
 * @example
 * class Order extends Aggregate<OrderState, OrderEvent> {
 *   protected initialState = () => ({ shipped: false });
 *   protected evolve(state: OrderState, event: EventData<OrderEvent>) { return event.type === 'OrderShipped' ? { shipped: true } : state; }
 *   ship() { if (!this.state.shipped) this.apply({ type: 'OrderShipped', data: {} }); }
 * }
 */
export abstract class Aggregate<State, E extends Event> {
  /** Only for the types: there is no value at run time. */
  declare readonly '~event'?: E;
  /** The version of the last stored event in the state; 0 for a new aggregate. */
  version = 0;
  #state: { readonly current: State } | undefined;
  #pending: EventData<E>[] = [];

  protected abstract initialState(): State;
  /** Pure, and only of the event's type and data: it sees events before they are stored as well. */
  protected abstract evolve(state: State, event: EvolvedEvent<E>): State;

  /** With the events that are not saved yet. */
  get state(): State {
    this.#state ??= { current: this.initialState() };
    return this.#state.current;
  }

  /** Those that `save` will write. */
  get pendingEvents(): readonly EventData<E>[] {
    return this.#pending;
  }

  /** Takes an event into the state, to be written by `save`. */
  protected apply(event: EventData<E>): void {
    this.#state = { current: this.evolve(this.state, event as EvolvedEvent<E>) };
    this.#pending.push(event);
  }

  /** How stored events make up the state, for the repository. */
  reducer(): { initialState: () => State; evolve: (state: State, event: StoredEvent<E>) => State } {
    return { initialState: () => this.initialState(), evolve: (state, event) => this.evolve(state, event as unknown as EvolvedEvent<E>) };
  }

  /** Takes the stored state, and drops what is pending. */
  restore(state: State, version: number): void {
    this.#state = { current: state };
    this.version = version;
    this.#pending = [];
  }

  /** Notes that the first `count` pending events are stored; what was applied meanwhile is still to be written. */
  saved(count: number, version: number): void {
    this.version = version;
    this.#pending = this.#pending.slice(count);
  }
}

/** What an aggregate's `evolve` sees of an event, stored or not. */
export type EvolvedEvent<E extends Event> = E extends Event ? Pick<StoredEvent<E>, 'type' | 'data'> : never;

/** Loads and saves aggregates of one class. */
export interface Repository<A> {
  /** A new one, at version 0, when the stream does not exist. @throws {StreamDeletedError} when it was deleted */
  load(id: StreamId | string): Promise<A>;
  /**
   * Writes what was applied since the aggregate was loaded, all or nothing; nothing to do is no write.
   *
   * @throws {ConcurrencyError} when another writer was faster: load it again and decide anew
   */
  save(id: StreamId | string, aggregate: A): Promise<void>;
}

/**
 * Loads aggregates of one class from their streams, and saves them if no other writer was faster.
 *
 * @param create makes an empty aggregate
 * @example const orders = createRepository(store, () => new Order(), { snapshots: everyNEvents(100) });
 */
export function createRepository<State, E extends Event, A extends Aggregate<State, E>>(
  store: StreamStore<E>,
  create: () => A & Aggregate<State, E>,
  options?: AggregateOptions<State>,
): Repository<A>;
/** For a store that holds other kinds of events as well: the streams have those of the aggregate. */
export function createRepository<State, E extends Event, A extends Aggregate<State, E>>(
  store: WiderStore<E>,
  create: () => A & Aggregate<State, E>,
  options?: AggregateOptions<State>,
): Repository<A>;
export function createRepository<State, E extends Event, A extends Aggregate<State, E>>(
  store: StreamStore<E>,
  create: () => A & Aggregate<State, E>,
  options: AggregateOptions<State> = {},
): Repository<A> {
  const loadedBy = new WeakMap<A, LoadedAggregate<State, E>>();
  return {
    async load(id) {
      const aggregate = create();
      const loaded = await loadAggregateState(store, id, aggregate.reducer(), options);
      aggregate.restore(loaded.state, loaded.version);
      loadedBy.set(aggregate, loaded);
      return aggregate;
    },

    async save(id, aggregate) {
      // As they are now: the aggregate may be worked on while they are being written.
      const events = [...aggregate.pendingEvents];
      const { state } = aggregate;
      if (events.length === 0) return;
      const { version, globalPosition } = await store.appendToStream(id, aggregate.version, events);
      aggregate.saved(events.length, version);
      const loaded = loadedBy.get(aggregate) ?? { state, version: 0, events: [], snapshotVersion: 0, snapshotTimestamp: undefined };
      // What was written waits for the server of a synced store: then what was there before is kept.
      const after = globalPosition < Infinity ? { state, version } : loaded;
      const kept = await keepSnapshot(store, id, loaded, after, options);
      loadedBy.set(aggregate, kept ? { ...loaded, snapshotVersion: after.version, snapshotTimestamp: Date.now() } : loaded);
    },
  };
}
