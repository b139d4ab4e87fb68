import type { Shape } from './protocol-schema.ts';

/**
 * The version of these messages. A server answers every version that it knows; a client whose version it does not know
 * stops and says so. Adding an optional field does not need a new one: both sides ignore what they do not know.
 */
export const PROTOCOL_VERSION = 1;

/** Commits that a client may have pushed and not yet confirmed; a push holds at most so many. */
export const MAX_UNCONFIRMED_COMMITS = 200;

/** Streams by category or by name; one that is in either list belongs to it. Absent: all streams. */
const scope = {
  object: { 'categories?': { list: 'text', most: 1_000 }, 'streams?': { list: 'text', most: 10_000 } },
} as const;

/** What every request begins with. `epoch` is that of the server's log, as soon as the client knows it. */
const client = { protocol: 'count', clientId: 'text', 'epoch?': 'text' } as const;

/** Events of one stream, next to each other: see `EventTuple`, whose list is `events`. */
const batch = { stream: 'text', timestamp: 'time', idBase: 'text', events: 'json' } as const;

/** What a commit appends. It is read for each commit alone: one that is malformed does not keep the others back. */
const writes = {
  list: { object: { stream: 'text', expected: 'version', batches: { list: { object: batch }, most: 10_000 } } },
  most: 10_000,
} as const;

/** `writes` is empty for a void, which takes its number and writes nothing. */
const commit = { object: { seq: 'count', hash: 'text', writes: 'json' } } as const;

const pulledBatch = { object: { ...batch, version: 'count', position: 'count' } } as const;

export const schemas = {
  helloRequest: { object: client },
  helloAnswer: {
    object: {
      epoch: 'text',
      head: 'count',
      /** What the user may read; absent: everything. */
      'readable?': scope,
      maxCommitBytes: 'count',
      maxPushBytes: 'count',
    },
  },
  pushRequest: {
    object: {
      ...client,
      /** Every commit before this number is confirmed on the client. */
      from: 'count',
      /** Whether to go on after a conflict with the commits of other streams. */
      lanes: 'flag',
      commits: { list: commit, most: MAX_UNCONFIRMED_COMMITS },
    },
  },
  pushAnswer: {
    object: {
      epoch: 'text',
      /** For each commit in order, up to where the server stopped. */
      results: {
        list: {
          object: {
            seq: 'count',
            /**
             * accepted: written now, or a void taken; seen: this very commit was accepted before; conflict: a stream is not
             * as expected; refused: never acceptable as it is; taken: another commit has this number; gap: a number before
             * it is missing; wait: too many unconfirmed, or behind a conflict.
             */
            status: { words: ['accepted', 'seen', 'conflict', 'refused', 'taken', 'gap', 'wait'] },
            'code?': 'text',
            'message?': 'text',
            'stream?': 'text',
            'expected?': 'version',
            'actual?': 'count',
          },
        },
        most: MAX_UNCONFIRMED_COMMITS,
      },
    },
  },
  pullRequest: {
    object: {
      ...client,
      /** Everything up to this position is here. */
      after: 'count',
      /** The last event that is here, by which a log that was restored from an older backup is told. */
      'witness?': { object: { position: 'count', id: 'text' } },
      'filter?': scope,
    },
  },
  pullAnswer: {
    object: {
      epoch: 'text',
      'readable?': scope,
      batches: { list: pulledBatch, most: 10_000 },
      /** All events of the scope up to this position are in `batches`, or were before. */
      coveredTo: 'count',
      head: 'count',
      /** When `coveredTo` is `head`: the numbers that the client's unconfirmed commits have taken, all within it. */
      taken: { list: { tuple: ['count', 'text'] }, most: MAX_UNCONFIRMED_COMMITS },
    },
  },
  liveRequest: { object: { ...client, after: 'count' } },
  /** A line of the live stream: how far the log reaches; the same again is a sign of life. */
  liveLine: { object: { head: 'count' } },
  writes,
  failure: { object: { error: { object: { code: 'text', message: 'text' } } } },
} as const;

/** What each message is. */
export type Messages = { readonly [Name in keyof typeof schemas]: Shape<(typeof schemas)[Name]> };

/** Streams by category or by name: one that is in either list belongs to it, and to an empty one none. Where there is no scope, all do. */
export type Scope = Shape<typeof scope>;
export type WireBatch = Shape<{ readonly object: typeof batch }>;
/** The hash is of all that is pushed under the number, made by the client and compared by the server. */
export type WireCommit = Shape<typeof commit>;
export type PushRequest = Messages['pushRequest'];
export type PushResult = Messages['pushAnswer']['results'][number];
export type PulledBatch = Shape<typeof pulledBatch>;
export type PullRequest = Messages['pullRequest'];
export type PullAnswer = Messages['pullAnswer'];

/** The last part of the path of a request. */
export type Route = 'hello' | 'push' | 'pull' | 'live';

/** Why a server did not answer a request, with the HTTP status it comes with. */
export const failures = {
  MALFORMED: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  FOREIGN_ORIGIN: 403,
  CLIENT_OF_ANOTHER_USER: 403,
  NOT_FOUND: 404,
  METHOD: 405,
  EPOCH_CHANGED: 409,
  HISTORY_LOST: 409,
  TOO_LARGE: 413,
  PROTOCOL: 426,
  BUSY: 429,
  FAILED: 500,
  CLOSING: 503,
} as const;

/** The code of a request that was not answered. */
export type FailureCode = keyof typeof failures;
