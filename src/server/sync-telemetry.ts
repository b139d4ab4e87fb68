import type { FailureCode, Route } from '../sync/protocol.ts';

/** What is known of a request once it is answered. */
export interface SyncRequestFacts {
  /** Absent when nobody that is known has sent it. */
  readonly tenant?: string;
  /** Why there is no answer; absent when there is one. */
  readonly code?: FailureCode;
  /** How many commits a push brought. */
  readonly commits?: number;
  /** How many events a pull got. */
  readonly events?: number;
}

/** Notes what is known of a request. */
export type NoteFacts = (facts: SyncRequestFacts) => void;

/** Watches a sync handler at work; `syncTelemetry` of `ermine/opentelemetry` makes one. It must not throw. */
export interface SyncTelemetry {
  /**
   * Runs a request, once and at once, and returns what that returns.
   *
   * @param run notes what it learns of the request, also that it failed; it does not reject
   */
  request(route: Route, run: (note: NoteFacts) => Promise<Response>): Promise<Response>;
  /** A live stream has begun or ended. */
  liveStreams(change: 1 | -1): void;
}
