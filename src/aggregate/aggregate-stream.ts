import { checkPlain } from '../event/check-plain.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import type { StreamId } from '../event/stream-id.ts';
import type { Reducer } from './decider.ts';
import { dropSnapshot, loadSnapshot, tellIgnored, type SnapshotOptions } from './load-snapshot.ts';
import type { SnapshotPolicy } from './snapshot-policy.ts';
import type { StreamStore, WiderStore } from './stream-store.ts';

/** Whether snapshots are kept and used, and how the work is ended. */
export interface AggregateOptions<State> extends SnapshotOptions<State> {
  /** When to keep the state, so that later loads fold only what came after it; default never. */
  readonly snapshots?: SnapshotPolicy;
  /** Ends the work with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A stream's state and the version that it is at. */
export interface AggregateState<State> {
  readonly state: State;
  /** The version of the last event that is folded in; 0 when the stream does not exist. Pass it as the expected version of an append. */
  readonly version: number;
}

/** An {@link AggregateState}, and what is known of the way to it. */
export interface LoadedAggregate<State, E extends Event> extends AggregateState<State> {
  /** The version and time of the snapshot that it began with, 0 and undefined without one. */
  readonly snapshotVersion: number;
  readonly snapshotTimestamp: number | undefined;
  /** The events after the snapshot. */
  readonly events: readonly StoredEvent<E>[];
}

/**
 * Folds a stream into its state, from its latest usable snapshot on. A snapshot that is broken, of another reducer, or
 * ahead of the stream is ignored, told of and replaced: the result is always that of folding all events.
 *
 * @throws {StreamDeletedError} when the stream was deleted; and whatever `evolve` throws
 * @example const { state, version } = await aggregateStream(store, 'Order-1', orderDecider, { snapshots: everyNEvents(100) });
 */
export async function aggregateStream<State, E extends Event>(
  store: StreamStore<E>,
  id: StreamId | string,
  reducer: Reducer<State, E>,
  options?: AggregateOptions<State>,
): Promise<AggregateState<State>>;
/** For a store that holds other kinds of events as well: the stream has those of the reducer. */
export async function aggregateStream<State, E extends Event>(
  store: WiderStore<E>,
  id: StreamId | string,
  reducer: Reducer<State, E>,
  options?: AggregateOptions<State>,
): Promise<AggregateState<State>>;
export async function aggregateStream<State, E extends Event>(
  store: StreamStore<E>,
  id: StreamId | string,
  reducer: Reducer<State, E>,
  options: AggregateOptions<State> = {},
): Promise<AggregateState<State>> {
  const loaded = await loadAggregateState(store, id, reducer, options);
  await keepSnapshot(store, id, loaded, loaded, options);
  return { state: loaded.state, version: loaded.version };
}

/** {@link aggregateStream} without keeping a snapshot. */
export async function loadAggregateState<State, E extends Event>(
  store: StreamStore<E>,
  id: StreamId | string,
  reducer: Reducer<State, E>,
  options: AggregateOptions<State>,
): Promise<LoadedAggregate<State, E>> {
  const signal = options.signal && { signal: options.signal };
  // Without snapshots there is nothing to look for; one that was kept before is not worth a request.
  const snapshot = options.snapshots && (await loadSnapshot(store as StreamStore, id, options));
  if (snapshot) {
    // With the event that the snapshot ends with: it shows, in the same request, that the stream has come so far.
    const found = await store.loadStreamFrom(id, snapshot.version, signal);
    const events = found.filter(({ version }) => version > snapshot.version);
    // Where nothing is left after a truncation, the stream itself must say so.
    const isReached = found[0] ? found[0].version <= snapshot.version + 1 : (await store.getStreamInfo(id))?.version === snapshot.version;
    if (isReached) {
      try {
        const state = events.reduce((folded, event) => reducer.evolve(folded, event), snapshot.data);
        const { version: snapshotVersion, timestamp: snapshotTimestamp } = snapshot;
        return { state, version: snapshotVersion + events.length, events, snapshotVersion, snapshotTimestamp };
      } catch (cause) {
        await dropSnapshot(store as StreamStore, id, options, 'the events after it do not fit its state', cause);
      }
    } else await dropSnapshot(store as StreamStore, id, options, `it is at version ${snapshot.version}, and the stream is not`);
  }
  const events = await store.loadStreamFrom(id, 1, signal);
  const state = events.reduce((folded, event) => reducer.evolve(folded, event), reducer.initialState());
  // A stream whose events were all truncated is there all the same.
  const version = events.at(-1)?.version ?? (await store.getStreamInfo(id))?.version ?? 0;
  return { state, version, events, snapshotVersion: 0, snapshotTimestamp: undefined };
}

/** Keeps the state as a snapshot, if the policy wants it. One that cannot be kept costs time later, and is no failure now. @returns whether it was kept */
export async function keepSnapshot<State, E extends Event>(
  store: StreamStore<E>,
  id: StreamId | string,
  { snapshotVersion, snapshotTimestamp, events }: LoadedAggregate<State, E>,
  { state, version }: AggregateState<State>,
  options: AggregateOptions<State>,
): Promise<boolean> {
  const { snapshots, reducerVersion } = options;
  if (!snapshots || version === snapshotVersion || version === 0) return false;
  // What a synced store has pending may come to something else, and a snapshot of it would stay.
  if (events.at(-1)?.globalPosition === Infinity) return false;
  const now = Date.now();
  if (!snapshots({ snapshotVersion, snapshotTimestamp, version, now })) return false;
  try {
    // A schema may make of the text what it was made of.
    if (!options.stateSchema) checkPlain(state, 'state');
    await store.snapshots.save({ streamId: id, version, data: state, timestamp: now, ...(reducerVersion !== undefined && { reducerVersion }) });
    return true;
  } catch (cause) {
    tellIgnored(id, options, 'it could not be kept', cause);
    return false;
  }
}
