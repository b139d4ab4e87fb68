import type { Observable } from 'rxjs';
import type { DeepReadonly } from '../event/event.ts';
import type { SkippedEvent } from './control.ts';
import type { DocumentQuery, QueryPage } from './query.ts';
import type { ProjectionStatus } from './status.ts';

/** What this tab does with an open projection. */
export interface OpenProjectionOptions {
  /**
   * Whether this tab runs the projection when its turn comes; default true. One of those that do runs it, and another
   * takes over when it is gone. With false it is only read and commanded.
   */
  readonly run?: boolean;
}

/** How waiting is stopped from outside. */
export interface WaitOptions {
  /** Stops waiting, with the signal's reason; what is waited for goes on. */
  readonly signal?: AbortSignal;
}

/** What every open projection can do; commands are written down, and heeded by whichever tab runs it. */
export interface OpenProjection {
  /** How it is doing, now and whenever that changes, in whichever tab it runs; completes when it is closed. */
  readonly status$: Observable<ProjectionStatus>;
  /**
   * Resolves when everything up to a global position is in what is served, such as that of an append: to read your own
   * writes. In a synced store an append has no position before it is confirmed: wait for that of `store.head()` then.
   *
   * @throws {InvalidVersionError} when it is not a position
   * @throws {ProjectionFailedError} when it stands before an event that it failed at
   * @throws {UnreadableEventError} when this tab has tried, and its code cannot read an event on the way
   * @throws {EpochChangedError} {VersionTooNewError} {StoreClosedError}
   */
  waitFor(position: number, options?: WaitOptions): Promise<void>;
  /** Stands still, in every tab and after a reload, until `resume`, or until a `rebuild` or another version is served. */
  pause(): Promise<void>;
  /** Goes on after `pause()`, in every tab. */
  resume(): Promise<void>;
  /** Tries the event that it failed at once more. */
  retry(): Promise<void>;
  /** Goes on without the event that it failed at, and keeps a record of that. @throws {InvalidProjectionError} when it has not failed */
  skip(): Promise<SkippedEvent>;
  /** The record of what was skipped, in the order of the log. */
  skipped(): AsyncIterable<SkippedEvent>;
  /**
   * Makes it anew from the first event beside what is served, and then serves that. Begun once, it goes on in whichever
   * tab runs it, also after a crash; `status$` tells its progress. One that has failed is begun anew. It runs although what
   * is served is paused. Resolves when the new one is served.
   *
   * @throws {ProjectionFailedError} {UnreadableEventError} when it fails at an event, or this tab cannot read one; what was
   *   served before still is
   */
  rebuild(options?: WaitOptions): Promise<void>;
  /** Stops running it here, after the batch under way; the store does that too when it closes. */
  close(): Promise<void>;
}

/** What an answer shows besides what is stored. */
export interface ViewOptions {
  /**
   * Of a synced store: with all of the confirmed log and what is pending folded on top, in memory, for this answer alone;
   * default false. Events that are pending have `Infinity` as their `globalPosition`. What fails at an event throws
   * `ProjectionFailedError`. In a store without sync nothing is pending.
   */
  readonly pending?: boolean;
}

/** An open projection to one state. */
export interface OpenState<State> extends OpenProjection {
  /** The state as of the last batch. */
  get(options?: ViewOptions): Promise<DeepReadonly<State>>;
  /** The state, now and whenever it is another one, in every tab. */
  watch$(options?: ViewOptions): Observable<DeepReadonly<State>>;
}

/** An open projection to documents. */
export interface OpenDocuments<Document, Index extends string = string> extends OpenProjection {
  /** The document under a key; undefined when there is none. */
  get(key: string, options?: ViewOptions): Promise<DeepReadonly<Document> | undefined>;
  /** A page of documents in the order of an index, or of their keys. @throws {InvalidProjectionError} when the query breaks a rule */
  list(query?: DocumentQuery<Index>, options?: ViewOptions): Promise<QueryPage<Document>>;
  /** A document or a page of them, now and whenever that is another one, in every tab. */
  watch$(key: string, options?: ViewOptions): Observable<DeepReadonly<Document> | undefined>;
  watch$(query: DocumentQuery<Index>, options?: ViewOptions): Observable<QueryPage<Document>>;
}
