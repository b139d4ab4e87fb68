import type { Decider } from '../aggregate/decider.ts';
import type { Event } from '../event/event.ts';
import { reject, type RedecidePolicy } from '../sync/conflict-policy.ts';

/**
 * A conflict policy: the decider decides anew on the command that was given with the append, as `handleCommand` does. What it
 * throws is the reason in the dead letters.
 *
 * @example conflicts: { Order: redecideWith(orderDecider) }
 */
export function redecideWith<State, Command, E extends Event>(decider: Decider<State, Command, E>): RedecidePolicy<E> {
  return {
    async redecide(command: Command, events) {
      const state = events.reduce<State>((before, event) => decider.evolve(before, event), decider.initialState());
      try {
        return await decider.decide(command, state);
      } catch (error) {
        return reject(error instanceof Error ? error.message : String(error));
      }
    },
  };
}
