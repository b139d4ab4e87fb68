import { isErmineError } from '../event/errors.ts';
import { issuePath, type StandardSchema } from '../event/standard-schema.ts';
import { parseStreamId, type StreamId } from '../event/stream-id.ts';
import type { Snapshot } from './snapshot-store.ts';
import type { StreamStore } from './stream-store.ts';

/** A snapshot that was not used, and why. The state was folded from the events instead. */
export interface IgnoredSnapshot {
  readonly streamId: StreamId;
  readonly reason: string;
  readonly cause?: unknown;
}

/** Which snapshots are used, and who is told of those that are not. */
export interface SnapshotOptions<State> {
  /** The version of the reducer: snapshots of another version are ignored. Change it when the reducer changes. */
  readonly reducerVersion?: string | number;
  /** Checks the state of a snapshot before it is used; any Standard Schema. */
  readonly stateSchema?: StandardSchema<unknown, State>;
  /** Called with a snapshot that cannot be used; by default it is a warning on the console. */
  readonly onIgnoredSnapshot?: (ignored: IgnoredSnapshot) => void;
}

/** The snapshot of a stream, if there is one that can be read and its schema accepts. */
export async function loadSnapshot<State>(
  store: StreamStore,
  id: StreamId | string,
  options: SnapshotOptions<State>,
): Promise<Snapshot<State> | undefined> {
  try {
    const snapshot = await store.snapshots.load<State>(id, options.reducerVersion);
    if (snapshot && !(Number.isSafeInteger(snapshot.version) && snapshot.version > 0)) throw new TypeError(`its version is ${snapshot.version}`);
    if (!snapshot || !options.stateSchema) return snapshot;
    const result = await options.stateSchema['~standard'].validate(snapshot.data);
    if (!result.issues) return { ...snapshot, data: result.value };
    const [issue] = result.issues;
    await dropSnapshot(store, id, options, `its schema refuses it: state${issue ? `${issuePath(issue)}: ${issue.message}` : ''}`);
  } catch (cause) {
    // What the storage cannot do now is no fault of the snapshot.
    if (isErmineError(cause)) throw cause;
    await dropSnapshot(store, id, options, 'it cannot be read', cause);
  }
  return undefined;
}

/** Tells of a snapshot that is of no use, and deletes it, so that it is not met again. */
export async function dropSnapshot<State>(
  store: StreamStore,
  id: StreamId | string,
  options: SnapshotOptions<State>,
  reason: string,
  cause?: unknown,
): Promise<void> {
  tellIgnored(id, options, reason, cause);
  await store.snapshots.delete(id, options.reducerVersion ?? '');
}

export function tellIgnored<State>(id: StreamId | string, { onIgnoredSnapshot = warn }: SnapshotOptions<State>, reason: string, cause?: unknown): void {
  onIgnoredSnapshot({ streamId: parseStreamId(id), reason, ...(cause !== undefined && { cause }) });
}

function warn({ streamId, reason, cause }: IgnoredSnapshot): void {
  console.warn(`The snapshot of "${streamId.category}-${streamId.id}" is ignored, ${reason}. The events are folded instead.`, ...(cause === undefined ? [] : [cause]));
}
