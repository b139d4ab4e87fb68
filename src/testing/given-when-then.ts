import type { Decider } from '../aggregate/decider.ts';
import { isErmineError, type ErrorCode } from '../event/errors.ts';
import { decodeBatch } from '../event/event-batch.ts';
import { encodeEvents } from '../event/encode.ts';
import type { Event, EventData, StoredEvent } from '../event/event.ts';
import { defaultLimits } from '../event/limits.ts';
import { ConformanceError, assertEqual, failureOf } from './assert.ts';

/** A decider under test, with a past; see {@link given}. */
export interface Given<Command, E extends Event> {
  /** Handles a command. Nothing happens before one of the endings is called. */
  when(command: Command): When<E>;
}

/** What a command must lead to. Each ending resolves when it does, and rejects with a message that shows the difference. */
export interface When<E extends Event> {
  /** Exactly these events, in order; metadata and ids count only where they are given here. */
  thenEvents(...events: readonly EventData<E>[]): Promise<void>;
  /** No event: there was nothing to do. */
  thenNothing(): Promise<void>;
  /** An error: with this code, whose message (or `name: message`) matches, or accepted by this function. */
  thenThrows(expected: ErrorCode | RegExp | ((error: unknown) => boolean)): Promise<void>;
}

/**
 * Tests the rules of a decider without a store: given these events, when this command is handled, then that happens.
 *
 * @example await given(orderDecider, [placed]).when({ type: 'Ship' }).thenEvents({ type: 'OrderShipped', data: {} });
 */
export function given<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  past: readonly EventData<E>[] = [],
): Given<Command, E> {
  const decide = async (command: Command): Promise<readonly EventData<E>[]> => {
    const state = storedAs(past).reduce((folded, event) => decider.evolve(folded, event), decider.initialState());
    return [await decider.decide(command, state)].flat() as readonly EventData<E>[];
  };
  return {
    when: (command) => ({
      async thenEvents(...expected) {
        const events = (await decide(command)) as readonly EventData[];
        const seen = events.map((event, i) => {
          // As it is, for the message.
          if (typeof event !== 'object' || event === null) return event;
          const { type, data, metadata, id } = event;
          const wanted = expected[i] as EventData | undefined;
          return { type, data, ...(wanted?.metadata && { metadata }), ...(wanted?.id !== undefined && { id }) };
        });
        assertEqual(seen, expected, 'the events');
      },
      async thenNothing() {
        assertEqual(await decide(command), [], 'the events');
      },
      async thenThrows(expected) {
        const error = await failureOf(() => decide(command), String(expected));
        const texts = [String(error), ...(error instanceof Error ? [error.message] : [])];
        const accepted =
          typeof expected === 'string'
            ? isErmineError(error, expected)
            : expected instanceof RegExp
              ? texts.some((text) => text.search(expected) !== -1)
              : expected(error);
        if (!accepted) throw new ConformanceError(`expected a failure (${String(expected)}), got ${String(error)}`, { cause: error });
      },
    }),
  };
}

/** The events as a stream would give them, checked as an append checks them. */
function storedAs<E extends Event>(events: readonly EventData<E>[]): StoredEvent<E>[] {
  let version = 1;
  const batches = encodeEvents('Test-1', events as readonly EventData[], 'past', { limits: defaultLimits, now: 0, metadata: undefined });
  return batches.flatMap((batch) => {
    const decoded = decodeBatch({ ...batch, version, position: version });
    version += batch.count;
    return decoded as unknown as StoredEvent<E>[];
  });
}
