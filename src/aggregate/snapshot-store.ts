import { checkJson } from '../event/json.ts';
import { parseStreamId, streamIdToString, type StreamId } from '../event/stream-id.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { SnapshotLog } from '../storage/storage.ts';

/** The state of a stream at a version, kept to spare folding its events again; it can always be made anew. */
export interface Snapshot<State = unknown> {
  readonly streamId: StreamId;
  /** The version of the last event that is folded in. */
  readonly version: number;
  readonly data: State;
  /** Milliseconds since 1970; now unless told. */
  readonly timestamp?: number;
  /** Which reducer made it: one stream has a snapshot for each. */
  readonly reducerVersion?: string | number;
}

/** Snapshots by stream and version of the reducer. They are written with relaxed durability. */
export interface SnapshotStore {
  /** Replaces the one of this stream and reducer version. @throws {InvalidEventError} when the data is not plain JSON */
  save<State>(snapshot: Omit<Snapshot<State>, 'streamId'> & { readonly streamId: StreamId | string }): Promise<void>;
  /** The latest one, undefined when there is none. @throws {SyntaxError} when what is stored is no JSON any more */
  load<State = unknown>(id: StreamId | string, reducerVersion?: string | number): Promise<Snapshot<State> | undefined>;
  /** Deletes the one of this reducer version, or all of the stream. */
  delete(id: StreamId | string, reducerVersion?: string | number): Promise<void>;
}

export function createSnapshotStore(log: SnapshotLog, now: () => number, maxJsonDepth: number): SnapshotStore {
  return {
    async save({ streamId, version, data, timestamp = now(), reducerVersion }) {
      checkWholeNumber(version, 'snapshot.version', 1);
      checkJson(data, 'snapshot.data', maxJsonDepth);
      await log.save(streamIdToString(streamId), `${reducerVersion ?? ''}`, { version, timestamp, data: JSON.stringify(data) });
    },
    async load<State>(id: StreamId | string, reducerVersion?: string | number) {
      const record = await log.load(streamIdToString(id), `${reducerVersion ?? ''}`);
      if (!record) return undefined;
      const { version, timestamp, data } = record;
      return {
        streamId: parseStreamId(id),
        version,
        timestamp,
        data: JSON.parse(data) as State,
        ...(reducerVersion !== undefined && { reducerVersion }),
      };
    },
    async delete(id, reducerVersion) {
      await log.delete(streamIdToString(id), reducerVersion?.toString());
    },
  };
}
