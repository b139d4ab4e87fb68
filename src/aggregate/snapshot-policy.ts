/** What a policy decides on: an aggregate that has just been loaded or written. */
export interface SnapshotChance {
  /** The version that the latest usable snapshot is at; 0 when there is none. */
  readonly snapshotVersion: number;
  /** When that snapshot was made, in milliseconds since 1970; undefined when there is none. */
  readonly snapshotTimestamp: number | undefined;
  /** The version that the state is at now. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Whether a snapshot is to be made. It is asked only when there are events that the last one does not hold. */
export type SnapshotPolicy = (chance: SnapshotChance) => boolean;

/**
 * A snapshot whenever a multiple of `n` versions is reached or crossed, by one event or by a batch of many.
 *
 * @param n at least 1
 * @throws {RangeError} when it is not a whole number of at least 1
 */
export function everyNEvents(n: number): SnapshotPolicy {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`everyNEvents takes a whole number of at least 1, not ${n}.`);
  return ({ snapshotVersion, version }) => Math.floor(version / n) > Math.floor(snapshotVersion / n);
}

/**
 * A snapshot when there is none, or the last one is older than this, in milliseconds. One that was made so much later than
 * now is old as well: a clock was put back.
 */
export function olderThan(ageMs: number): SnapshotPolicy {
  return ({ snapshotTimestamp = NaN, now }) => !(Math.abs(now - snapshotTimestamp) < ageMs);
}

/** No snapshots. */
export const neverSnapshot: SnapshotPolicy = () => false;
