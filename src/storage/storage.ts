import type { EventBatch, NewBatch } from '../event/event-batch.ts';
import type { ErmineError } from '../event/errors.ts';

/**
 * Where a log is kept. Whoever implements one makes it pass `testStorage` of `ermine/testing`, with no exception.
 * Arguments are checked, and events validated and encoded, before a storage sees them.
 */
export interface Storage {
  /** The same for everyone who opens the same log of this origin; names its channel of hints. */
  readonly name: string;
  /**
   * Opens the log, making it if there is none.
   *
   * @param onConnection called when the connection is lost, restored, or closed for good with the reason
   * @throws {StorageUnavailableError} {StorageBlockedError} {VersionTooNewError}
   */
  open(onConnection: (error?: ErmineError) => void): Promise<Log>;
}

/**
 * An open log. Other logs on the same data may be open at the same time, in other tabs too: every promise below holds
 * with all of them at work.
 */
export interface Log {
  /** The identity of the data, written when it was made. A log never goes on with data of another epoch. */
  readonly epoch: string;

  /**
   * Writes a group of appends in order, durably. Each one is checked against the streams as they are after those before
   * it, and written whole or refused alone; what is written takes the next positions of the log, in order and without a
   * gap, and what readers can see is always a prefix of the log. It resolves when the group is durable; one group at a
   * time is given to a log.
   *
   * An append whose `ids` are all in the log, in order and next to each other in their streams, is not written again and
   * gets the first one's result; one whose ids are partly there is refused with `CorruptedIdempotencyError`.
   *
   * @throws {StorageFullError} {StorageBlockedError} {StorageUnavailableError} {EpochChangedError} for the whole group
   */
  commit(appends: readonly Append[]): Promise<readonly AppendOutcome[]>;

  /** The position of the last event, 0 in an empty log. */
  head(): Promise<number>;

  /** Batches of the log in the order of `direction`, starting with the one that holds the event at `from`. */
  readAll(range: ReadRange): Promise<Page>;

  /** The same for one stream, `from` and the range in versions. A deleted stream gives its tombstone alone. */
  readStream(stream: string, range: ReadRange): Promise<Page>;

  /** What is known of a stream, undefined when there never was one. */
  streamInfo(stream: string): Promise<StreamSummary | undefined>;

  /** At most `limit` streams in the order of their names (UTF-16 units), after the name `after`, of a category or of all. */
  listStreams(range: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]>;

  /**
   * Appends `tombstone` to the stream and erases all events before it, in one transaction. Positions and versions stay
   * taken. From then on every append to the stream is refused with `StreamDeletedError`.
   */
  deleteStream(stream: string, expectedVersion: number, tombstone: NewBatch): Promise<AppendOutcome>;

  /** Erases the events of the stream before a version; the stream's version stays. @returns how many were erased */
  truncateStream(stream: string, beforeVersion: number): Promise<number>;

  readonly snapshots: SnapshotLog;

  state(): StorageState;

  /** Releases everything, after what is under way. */
  close(): Promise<void>;
}

/** One append: written whole or not at all. */
export interface Append {
  readonly writes: readonly StreamWrite[];
  /** The event ids given by the caller, in order; empty when there are none, and then nothing has to be looked up. */
  readonly ids: readonly string[];
  /** An earlier try of this very call may have been written: finding it is then no repetition by the caller. */
  readonly retry?: boolean;
}

export interface StreamWrite {
  readonly stream: string;
  /** A version from 1, or NoStream, AnyVersion, StreamExists. */
  readonly expectedVersion: number;
  /** In order; none for a write that only checks. */
  readonly batches: readonly NewBatch[];
}

export type AppendOutcome =
  | {
      readonly ok: true;
      readonly deduplicated: boolean;
      /** One for each write: its stream's version, and the position of its last event (of the log's so far, if it only checks). */
      readonly results: readonly { readonly version: number; readonly globalPosition: number }[];
      /** What was written, in the order of the log; empty when deduplicated. */
      readonly batches: readonly EventBatch[];
    }
  | { readonly ok: false; readonly error: ErmineError };

export type Direction = 'forwards' | 'backwards';

export interface ReadRange {
  /** Position or version of the first event, from 1; backwards, `Infinity` is the end. */
  readonly from: number;
  /** About how many events to return: whole batches, at least one if there is any, never unbounded. */
  readonly limit: number;
  readonly direction: Direction;
}

export interface Page {
  /** In the order of the direction; the events inside a batch are always in the order of the log. */
  readonly batches: readonly EventBatch[];
  /** Where the next page starts; undefined when this one reached the end. */
  readonly next: number | undefined;
}

export interface StreamSummary {
  readonly stream: string;
  readonly version: number;
  readonly deleted: boolean;
}

/** Snapshots are kept beside the log, one for each stream and key; losing them loses nothing but time. */
export interface SnapshotLog {
  save(stream: string, key: string, snapshot: SnapshotRecord): Promise<void>;
  load(stream: string, key: string): Promise<SnapshotRecord | undefined>;
  /** Deletes the one with this key, or all of the stream. */
  delete(stream: string, key: string | undefined): Promise<void>;
}

export interface SnapshotRecord {
  readonly version: number;
  readonly timestamp: number;
  /** JSON text. */
  readonly data: string;
}

export type Durability = 'strict' | 'relaxed' | 'none';
export type ConnectionState = 'open' | 'lost' | 'closed';

export interface StorageState {
  readonly durability: Durability;
  readonly connection: ConnectionState;
}
