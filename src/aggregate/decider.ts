import type { Event, EventData, StoredEvent } from '../event/event.ts';

/** How events change a state. Pure: the same events give the same state, wherever and whenever they are folded. */
export interface Reducer<State, E extends Event> {
  /** The state before the first event. */
  initialState(): State;
  /** The state after one more event; it gets a state of its own and may not change it. */
  evolve(state: State, event: StoredEvent<E>): State;
}

/**
 * The rules of one kind of stream: what a command does to it, and how its events make up its state
 * (Chassaing's Decider, thinkbeforecoding.com). All of it is pure, so that it can be tested without a store and run again.
 */
export interface Decider<State, Command, E extends Event> extends Reducer<State, E> {
  /**
   * The events that a command leads to: one, several, or none when there is nothing to do. It throws when the command is
   * against the rules. It may run again when another writer was faster.
   */
  decide(command: Command, state: State): Decision<E> | Promise<Decision<E>>;
}

/** One event, several in order, or none. */
export type Decision<E extends Event> = EventData<E> | readonly EventData<E>[];
