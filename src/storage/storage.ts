import type { EventBatch, NewBatch } from '../event/event-batch.ts';
import type { ErmineError } from '../event/errors.ts';
import type { Hint } from '../event/hint.ts';

/**
 * Where a log is kept. Every implementation must pass `testStorage` of `ermine/testing`, with no exception.
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

  /** The documents beside the log, in the same database; their code is loaded when it is used. */
  documents(): Promise<DocumentLog>;

  /**
   * Hears of commits that others have made, where the storage itself can tell; a hint may be lost, doubled or late.
   *
   * @returns a function that ends it
   */
  onHint?(listener: (hint: Hint) => void): () => void;

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
  /**
   * Written in the append's own transaction, and only with it. When an expectation fails, the append is refused with
   * `DocumentConflictError`; when the append is refused or deduplicated, the documents stay as they are.
   */
  readonly documents?: AppendDocuments;
  /**
   * The append repeats a part of another log: its batches are {@link EventBatch}es, in order, which keep their positions
   * and versions, with gaps where this log does not hold what the other one has. It is refused with `ConcurrencyError`
   * when the last position of this log is not this one, or when a position or a version is not after the last one.
   *
   * Batches may be erased (their `events` are empty): they keep their positions. One that names a stream brings it to its
   * last version, with nothing to read; the others have the stream `''`, which is none.
   */
  readonly after?: number;
}

/** Documents that are written with an append, see `Append.documents`. */
export interface AppendDocuments extends DocumentWrites {
  /**
   * The position that the append's first event must get, since the documents were made for that one; when the log has
   * gone on, the append is refused with `DocumentConflictError` as well.
   */
  readonly position?: number;
}

/** What an append does to one stream. */
export interface StreamWrite {
  readonly stream: string;
  /** A version from 1, or NoStream, AnyVersion, StreamExists. */
  readonly expectedVersion: number;
  /** In order; none for a write that only checks. */
  readonly batches: readonly NewBatch[];
}

/** What one append came to: written, known already, or refused alone with nothing written. */
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

/** In the order of versions or positions, or against it. */
export type Direction = 'forwards' | 'backwards';

/** Which batches a page holds. */
export interface ReadRange {
  /** Position or version of the first event, from 1; backwards, `Infinity` is the end. */
  readonly from: number;
  /** About how many events to return: whole batches, at least one if there is any, never unbounded. */
  readonly limit: number;
  readonly direction: Direction;
  /** Of `readAll`: batches without an event of this correlation id may be left out. */
  readonly correlationId?: string | undefined;
}

/** A bounded part of the log or of a stream. */
export interface Page {
  /** In the order of the direction; the events inside a batch are always in the order of the log. */
  readonly batches: readonly EventBatch[];
  /** Where the next page starts; undefined when this one reached the end. */
  readonly next: number | undefined;
}

/** What a storage knows of a stream. */
export interface StreamSummary {
  readonly stream: string;
  /** That of its last event, also when that is erased or the tombstone. */
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

/** A snapshot as it is stored. */
export interface SnapshotRecord {
  /** Of the last event that is folded in. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** JSON text. */
  readonly data: string;
}

/** Names a document beside the log, such as one row of a read model. */
export interface DocumentKey {
  /** At most 250 UTF-16 units, no NUL. */
  readonly collection: string;
  /** At most 500 UTF-16 units, no NUL. */
  readonly key: string;
}

/** Numbers come before strings; strings are in the order of their UTF-16 units. */
export type IndexValue = number | string;

/** A document beside the log: JSON text under a key of a collection, and the indexes that list it. */
export interface DocumentRecord extends DocumentKey {
  /** JSON text. */
  readonly data: string;
  /** Under which values of which indexes it is found; an index that is not named does not list it. */
  readonly indexes?: Readonly<Record<string, IndexValue>>;
}

/** How a document must be for a write to happen. */
export interface DocumentExpectation extends DocumentKey {
  /** The JSON text as it was read; undefined when there must be none. */
  readonly data: string | undefined;
}

/** Writes of documents that belong together: all of them or none. A document is named at most once. */
export interface DocumentWrites {
  /** Compared in the transaction that writes: what two tabs do at once is written once. */
  readonly expect?: readonly DocumentExpectation[];
  readonly puts?: readonly DocumentRecord[];
  readonly deletes?: readonly DocumentKey[];
}

/** Documents of one collection, in the order of an index (and, where it is equal, of their keys), or of their keys. */
export interface DocumentRange {
  readonly collection: string;
  /** Absent: by key, and the bounds are keys. */
  readonly index?: string;
  /** Bounds, inclusive. */
  readonly lower?: IndexValue;
  readonly upper?: IndexValue;
  /** What the page before ended with, in the same direction. */
  readonly after?: DocumentCursor;
  readonly direction: Direction;
  readonly limit: number;
}

/** Where a page of documents ended, to go on from there. */
export interface DocumentCursor {
  /** The value in the index; absent when the range is by key. */
  readonly value?: IndexValue;
  readonly key: string;
}

/** A bounded part of the documents of a range. */
export interface DocumentPage {
  readonly documents: readonly { readonly key: string; readonly data: string }[];
  /** Where the next page goes on; undefined when this one reached the end. */
  readonly next: DocumentCursor | undefined;
}

/** What a parameter of SQL can be. */
export type SqlValue = string | number | null | Uint8Array;

/** One statement, and the values of its parameters `?` in order. */
export interface SqlStatement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** A table of a projection: its columns and constraints, and what each of its indexes is on, as SQL has them in parentheses. */
export interface TableShape {
  readonly columns: string;
  readonly indexes?: readonly string[];
}

/**
 * What becomes of the tables of a projection, in a storage that has SQL. Each build has its own,
 * named as `table-name.ts` says, and views show those of one build. In the order of the fields.
 */
export interface TableWrites {
  /** 1 to 50 characters of `a-z`, `0-9` and `_`, like the names of tables. */
  readonly projection: string;
  /** Makes the tables of a build. */
  readonly create?: { readonly build: number; readonly tables: Readonly<Record<string, TableShape>> };
  /** The build that the views show from now on. */
  readonly serve?: number;
  /** The build whose tables go. */
  readonly drop?: number;
  /** Statements that change rows of the tables of this build, and neither read nor change anything else. */
  readonly run?: { readonly build: number; readonly statements: readonly SqlStatement[] };
}

/** Documents, and tables that change with them. */
export interface DocumentAndTableWrites extends DocumentWrites {
  readonly tables?: TableWrites;
}

/** Documents beside the log, written in transactions of the same database: read models, checkpoints, outboxes. */
export interface DocumentLog {
  /** Whether there is SQL, and `write` takes tables: a storage without it is never given any. */
  readonly hasTables?: true;
  /** The data of each, in the order asked for, of one moment; undefined for one that is not there. */
  get(keys: readonly DocumentKey[]): Promise<(string | undefined)[]>;
  list(range: DocumentRange): Promise<DocumentPage>;
  /**
   * Writes all or nothing, with this durability; default the storage's own.
   *
   * When the answer to a try is lost, it is tried again. What is then as it was to be written counts as written. What is
   * neither that nor as expected may have been written before somebody else changed it: that is no `false`, upon which
   * callers decide anew and would do it twice.
   *
   * @returns false when an expectation failed, and then nothing was written
   * @throws {StorageBlockedError} with `written: 'unknown'` also when nobody knows any more: read the documents again
   * @throws {StorageFullError} {StorageUnavailableError} {EpochChangedError}
   * @throws {SqlFailedError} when a statement fails, or may not be run
   */
  write(writes: DocumentAndTableWrites, options?: { readonly durability?: 'strict' | 'relaxed' }): Promise<boolean>;
  /** Deletes all documents of a collection, in bounded steps. */
  clear(collection: string): Promise<void>;
}

/** What a write survives when it resolves: `strict` a power cut, `relaxed` a crash of the browser or process, `none` neither. */
export type Durability = 'strict' | 'relaxed' | 'none';
/** `lost`: the next use connects again. `closed`: for good. */
export type ConnectionState = 'open' | 'lost' | 'closed';

/** How an open log is kept at the moment. */
export interface StorageState {
  readonly durability: Durability;
  readonly connection: ConnectionState;
}
