import type { NewBatch } from '../../event/event-batch.ts';
import type { Append } from '../storage.ts';
import { commitAppends } from './commit-appends.ts';
import type { Database } from './database.ts';
import { toDecision } from './decision.ts';
import { deleteStream } from './delete-stream.ts';
import { clearDocuments, getDocuments, writeDocuments } from './documents.ts';
import { listDocuments } from './list-documents.ts';
import { queryDatabase } from './query-database.ts';
import { readAll, readStream } from './read-pages.ts';
import { readTail } from './read-state.ts';
import { deleteSnapshot, loadSnapshot, saveSnapshot } from './snapshots.ts';
import { listStreams, streamInfo } from './stream-summaries.ts';
import { truncateStream } from './truncate-stream.ts';

/** Everything that can be asked of a database, here or through a worker: arguments and results are plain data. */
export const operations = {
  commit: (database: Database, appends: readonly Append[]) => commitAppends(database, appends).map(toDecision),
  head: readTail,
  readAll,
  readStream,
  streamInfo,
  listStreams,
  deleteStream: (database: Database, stream: string, expectedVersion: number, tombstone: NewBatch, retry: boolean) =>
    toDecision(deleteStream(database, stream, expectedVersion, tombstone, retry)),
  truncateStream,
  saveSnapshot,
  loadSnapshot,
  deleteSnapshot,
  getDocuments,
  listDocuments,
  writeDocuments,
  clearDocuments,
  query: queryDatabase,
  export: (database: Database) => database.driver.export(),
} as const;

type Operations = typeof operations;
export type OperationName = keyof Operations;
export type OperationArguments<Name extends OperationName> = Operations[Name] extends (database: Database, ...rest: infer Rest) => unknown ? Rest : never;
export type OperationResult<Name extends OperationName> = ReturnType<Operations[Name]>;

/** Asks a database to do something, wherever it is. Rejects with errors of Ermine's. */
export type Ask = <Name extends OperationName>(name: Name, ...rest: OperationArguments<Name>) => Promise<OperationResult<Name>>;
