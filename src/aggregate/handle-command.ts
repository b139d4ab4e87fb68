import { ConcurrencyError, isErmineError } from '../event/errors.ts';
import { hash53 } from '../event/event-id.ts';
import type { Event, EventData, Metadata, StoredEvent } from '../event/event.ts';
import { mergeMetadata } from '../event/metadata.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import { uuidOfText } from '../event/uuid-of-text.ts';
import { keepSnapshot, loadAggregateState, type AggregateOptions, type AggregateState, type LoadedAggregate } from './aggregate-stream.ts';
import type { Decider } from './decider.ts';
import { retryOnConflict, type RetryOptions } from './retry.ts';
import type { StreamStore, WiderStore } from './stream-store.ts';

/** Options for all calls of a command handler. */
export interface HandlerOptions<State> extends Omit<AggregateOptions<State>, 'signal'> {
  /** What happens when another writer was faster; default 5 tries. A number is the number of tries in all; 1 means no retry. */
  readonly retry?: RetryOptions | number;
}

/** Options of one call of a command handler. */
export interface CommandOptions {
  /**
   * Identifies the command: handling it again changes nothing and gives the first result. It becomes the causation id of
   * the events, unless their metadata says otherwise.
   */
  readonly commandId?: string;
  /** The metadata of the events; an event's own fields take precedence. */
  readonly metadata?: Metadata;
  /** The version that whoever decided has seen: any other one is a conflict, and is not retried. */
  readonly expectedVersion?: number;
  readonly signal?: AbortSignal;
  readonly retry?: RetryOptions | number;
}

/** The state after a command, and what it led to. */
export interface CommandResult<State, E extends Event> extends AggregateState<State> {
  /** What was decided, as it is to be stored; none when there was nothing to do, or when the command had been handled before. */
  readonly events: readonly EventData<E>[];
  /** Whether the command had been handled before, so that nothing was written now. */
  readonly deduplicated: boolean;
}

/** Handles one command on one stream. */
export type CommandHandler<State, Command, E extends Event> = (
  id: StreamId | string,
  command: Command,
  options?: CommandOptions,
) => Promise<CommandResult<State, E>>;

/**
 * Loads a stream, decides, and appends what was decided if the stream is still at the version that the decision was made
 * on. When another writer was faster, it loads and decides again, a bounded number of times. A synced store keeps the
 * command, which then is plain JSON, for the conflict policy `redecideWith`; not one with `expectedVersion`.
 *
 * @returns a function for one command; it rejects with what `decide` throws, with `ConcurrencyError` when others were faster
 * at every try, and as `appendToStream` does
 * @example
 * const handle = handleCommand(store, orderDecider, { snapshots: everyNEvents(100) });
 * const { state } = await handle('Order-1', { type: 'Ship' }, { commandId: crypto.randomUUID() });
 */
export function handleCommand<State, Command, E extends Event>(
  store: StreamStore<E>,
  decider: Decider<State, Command, E>,
  options?: HandlerOptions<State>,
): CommandHandler<State, Command, E>;
/** For a store that holds other kinds of events as well: the streams have those of the decider. */
export function handleCommand<State, Command, E extends Event>(
  store: WiderStore<E>,
  decider: Decider<State, Command, E>,
  options?: HandlerOptions<State>,
): CommandHandler<State, Command, E>;
export function handleCommand<State, Command, E extends Event>(
  store: StreamStore<E>,
  decider: Decider<State, Command, E>,
  options: HandlerOptions<State> = {},
): CommandHandler<State, Command, E> {
  return (id, command, { commandId, metadata, expectedVersion, signal, retry = options.retry } = {}) => {
    const stream = streamIdToString(id);
    const loading = { ...options, ...(signal && { signal }) };
    const once = async (): Promise<CommandResult<State, E>> => {
      const loaded = await loadAggregateState(store, id, decider, loading);
      const known = { state: loaded.state, version: loaded.version };
      const firstId = commandId === undefined ? undefined : eventIdOf(stream, commandId, 0);
      if (loaded.events.some((event: StoredEvent) => event.id === firstId)) return { ...known, events: [], deduplicated: true };
      if (expectedVersion !== undefined && expectedVersion !== loaded.version) throw new ConcurrencyError(stream, expectedVersion, loaded.version);
      try {
        const decided = [await decider.decide(command, loaded.state)].flat() as readonly EventData<E>[];
        if (decided.length > 0) return await write(decided.map((event, i) => stamped(event, i, stream, commandId, metadata)), loaded);
      } catch (error) {
        // Where others were faster, it is decided again.
        if (isErmineError(error, 'CONCURRENCY_CONFLICT') || !(await isAmongOlder(store, id, firstId, loaded))) throw error;
        return { ...known, events: [], deduplicated: true };
      }
      await keepSnapshot(store, id, loaded, loaded, options);
      return { ...known, events: [], deduplicated: await isAmongOlder(store, id, firstId, loaded) };
    };
    const write = async (events: readonly EventData<E>[], loaded: LoadedAggregate<State, E>): Promise<CommandResult<State, E>> => {
      // A decision that was held to what a person has seen is not made anew.
      const again = expectedVersion === undefined ? { command } : {};
      const { deduplicated, globalPosition } = await store.appendToStream(id, loaded.version, events, again);
      const written = await store.loadStreamFrom(id, loaded.version + 1, signal && { signal });
      const after = {
        state: written.reduce((state, event) => decider.evolve(state, event), loaded.state),
        version: loaded.version + written.length,
      };
      // What was written waits for the server of a synced store: then what was there before is kept.
      await keepSnapshot(store, id, loaded, globalPosition < Infinity ? after : loaded, options);
      return { ...after, events: deduplicated ? [] : events, deduplicated };
    };
    const attempts = typeof retry === 'number' ? { attempts: retry } : retry;
    return retryOnConflict(once, expectedVersion === undefined ? attempts : { attempts: 1 }, signal);
  };
}

/** The event with the command's metadata under its own, and an id by which the command is known again. */
function stamped<E extends Event>(event: EventData<E>, index: number, stream: string, commandId: string | undefined, metadata: Metadata | undefined): EventData<E> {
  // What is no event is refused by the append.
  if (typeof event !== 'object' || event === null) return event;
  const path = `events[${index}].metadata`;
  const ofCommand = commandId === undefined ? metadata : mergeMetadata({ causationId: commandId }, metadata, path)!;
  const id = commandId === undefined ? event.id : eventIdOf(stream, commandId, index);
  return {
    ...event,
    metadata: mergeMetadata(ofCommand, event.metadata ?? undefined, path) ?? {},
    ...(id !== undefined && { id }),
  };
}

function eventIdOf(stream: string, commandId: string, index: number): string {
  return uuidOfText(`${stream}\n${commandId}\n${index}`, hash53);
}

/** Whether an event is among those that the snapshot stands for. It is looked for only when the command came to nothing. */
async function isAmongOlder<State, E extends Event>(
  store: StreamStore<E>,
  id: StreamId | string,
  eventId: string | undefined,
  { snapshotVersion }: LoadedAggregate<State, E>,
): Promise<boolean> {
  if (eventId === undefined || snapshotVersion === 0) return false;
  for await (const event of store.readStream(id)) if (event.id === eventId) return true;
  return false;
}
