import type { splitStreamName, streamIdToString, StreamId } from '../event/stream-id.ts';
import type { checkWholeNumber } from '../event/version.ts';
import type { Log, SnapshotLog } from '../storage/storage.ts';

/** The state of a stream at a version, kept to spare folding its events again; it can always be made anew. */
export interface Snapshot<State = unknown> {
  readonly streamId: StreamId;
  /** The version of the last event that is folded in. */
  readonly version: number;
  readonly data: State;
  /** Milliseconds since 1970; default now. */
  readonly timestamp?: number;
  /** Which reducer made it: one stream has a snapshot for each. */
  readonly reducerVersion?: string | number;
}

/** Snapshots by stream and version of the reducer. They are written with relaxed durability. */
export interface SnapshotStore {
  /** Replaces the one of this stream and reducer version; of a stream that was deleted, none is kept. @throws {InvalidEventError} when the data is not plain JSON */
  save<State>(snapshot: Omit<Snapshot<State>, 'streamId'> & { readonly streamId: StreamId | string }): Promise<void>;
  /** The latest one, undefined when there is none. @throws {SyntaxError} when what is stored is not JSON any more */
  load<State = unknown>(id: StreamId | string, reducerVersion?: string | number): Promise<Snapshot<State> | undefined>;
  /** Deletes the one of this reducer version, or all of the stream. */
  delete(id: StreamId | string, reducerVersion?: string | number): Promise<void>;
}

/** What snapshots need of the core, handed over and not imported, see decision 5. */
export interface SnapshotKit {
  readonly checkWholeNumber: typeof checkWholeNumber;
  readonly splitStreamName: typeof splitStreamName;
  readonly streamIdToString: typeof streamIdToString;
}

/** @param data JSON text of what is to be saved, which was copied when it was given */
export async function saveSnapshot(kit: SnapshotKit, log: Pick<Log, 'snapshots' | 'streamInfo'>, now: number, snapshot: Parameters<SnapshotStore['save']>[0], data: string): Promise<void> {
  const { streamId, version, timestamp = now, reducerVersion } = snapshot;
  kit.checkWholeNumber(version, 'snapshot.version', 1);
  const stream = kit.streamIdToString(streamId);
  await log.snapshots.save(stream, `${reducerVersion ?? ''}`, { version, timestamp, data });
  // Deleting a stream deletes the snapshots that are there: one that comes afterwards must not bring back what was erased.
  if ((await log.streamInfo(stream))?.deleted) await log.snapshots.delete(stream, undefined);
}

export async function loadSnapshotOf<State>(kit: SnapshotKit, log: SnapshotLog, id: StreamId | string, reducerVersion?: string | number): Promise<Snapshot<State> | undefined> {
  const stream = kit.streamIdToString(id);
  const record = await log.load(stream, `${reducerVersion ?? ''}`);
  if (!record) return undefined;
  const { version, timestamp, data } = record;
  return {
    streamId: kit.splitStreamName(stream),
    version,
    timestamp,
    data: JSON.parse(data) as State,
    ...(reducerVersion !== undefined && { reducerVersion }),
  };
}
