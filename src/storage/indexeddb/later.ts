import type { Append, DocumentLog, Log, Page, ReadRange } from '../storage.ts';
import { checkDocuments, openDocuments } from './documents.ts';
import { deleteStream, truncateStream } from './delete-stream.ts';
import type { Connection } from './connection.ts';
import type { HeadCache } from './head-cache.ts';
import type { Kit } from './kit.ts';
import { listStreams, streamInfo } from './list-streams.ts';
import { readBackwards } from './read-backwards.ts';
import { readCorrelated } from './read-correlated.ts';
import { snapshotsIn } from './snapshots.ts';

/** What few pages use, or not at their start: it is loaded when it is used. */
export interface Later extends Pick<Log, 'streamInfo' | 'listStreams' | 'deleteStream' | 'truncateStream' | 'snapshots'> {
  readonly openDocuments: () => DocumentLog;
  readonly checkDocuments: (appends: readonly Append[], transaction: IDBTransaction) => ReturnType<typeof checkDocuments>;
  readonly readBackwards: (stream: string | undefined, from: number, limit: number) => Promise<Page>;
  /** @returns undefined where the records are older than the index */
  readonly readCorrelated: (key: number, range: ReadRange) => Promise<Page | undefined>;
}

export function createLater(kit: Kit, connection: Connection, cache: HeadCache, durability: 'strict' | 'relaxed'): Later {
  return {
    streamInfo: (stream) => streamInfo(kit, connection, stream),
    listStreams: (range) => listStreams(kit, connection, range),
    deleteStream: (...stream) => deleteStream(kit, connection, cache, ...stream, { durability }),
    truncateStream: (...stream) => truncateStream(kit, connection, ...stream, { durability }),
    snapshots: snapshotsIn(kit, connection),
    openDocuments: () => openDocuments(kit, connection, durability),
    checkDocuments: (appends, transaction) => checkDocuments(kit, appends, transaction),
    readBackwards: (...range) => readBackwards(kit, connection, ...range),
    readCorrelated: (...range) => readCorrelated(kit, connection, ...range),
  };
}
