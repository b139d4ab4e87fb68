import { loadSnapshotOf, saveSnapshot, type SnapshotKit, type SnapshotStore } from '../aggregate/snapshot-store.ts';
import type { encodeEvents } from '../event/encode.ts';
import type { InvalidImportError } from '../event/errors.ts';
import type { decodeBatch, EventBatch } from '../event/event-batch.ts';
import type { hash53 } from '../event/event-id.ts';
import type { Limits } from '../event/limits.ts';
import type { checkCategory, StreamId } from '../event/stream-id.ts';
import type { createTombstone } from '../event/tombstone.ts';
import type { checkExpectedVersion } from '../event/version.ts';
import type { Append, Log } from '../storage/storage.ts';
import type { AppendResult, EventStore } from './event-store.ts';
import { exportEvents } from './export-events.ts';
import { importEvents, type ImportTarget } from './import-events.ts';
import { getStreamInfo, listStreams } from './list-streams.ts';
import type { logPages } from './read-events.ts';

/**
 * What this needs of the store and of the core. It is handed over, not imported, so that a bundler can leave this module
 * out of what a page loads at its start without tearing the core into pieces.
 */
export interface LaterKit extends SnapshotKit {
  readonly log: Log;
  readonly InvalidImportError: typeof InvalidImportError;
  readonly checkCategory: typeof checkCategory;
  readonly checkExpectedVersion: typeof checkExpectedVersion;
  readonly createTombstone: typeof createTombstone;
  readonly decodeBatch: typeof decodeBatch;
  readonly encodeEvents: typeof encodeEvents;
  readonly hash53: typeof hash53;
  readonly logPages: typeof logPages;
  readonly limits: Limits;
  /** Milliseconds since 1970. */
  now(): number;
  append(append: Append): Promise<{ readonly deduplicated: boolean }>;
  /** Tells subscriptions and other tabs. */
  committed(batches: readonly EventBatch[]): void;
  /** What memory holds of the log must not be delivered any more. */
  forget(): void;
}

/** What few pages do, or not at their start: it is loaded when it is used. */
export interface Later extends Pick<EventStore, 'getStreamInfo' | 'listStreams' | 'deleteStream' | 'truncateStream' | 'exportEvents' | 'importEvents'> {
  readonly saveSnapshot: (snapshot: Parameters<SnapshotStore['save']>[0], data: string) => Promise<void>;
  readonly loadSnapshot: SnapshotStore['load'];
  readonly deleteSnapshot: SnapshotStore['delete'];
}

export function createLater(kit: LaterKit): Later {
  const { log, streamIdToString } = kit;

  const deleteStream = async (id: StreamId | string, expectedVersion: number): Promise<AppendResult> => {
    const stream = streamIdToString(id);
    kit.checkExpectedVersion(expectedVersion);
    const outcome = await log.deleteStream(stream, expectedVersion, kit.createTombstone(stream, kit.now()));
    if (!outcome.ok) throw outcome.error;
    kit.committed(outcome.batches);
    return { ...outcome.results[0]!, deduplicated: false };
  };

  return {
    getStreamInfo: (id) => getStreamInfo(log, streamIdToString(id), kit.decodeBatch),

    listStreams(options = {}) {
      if (options.category !== undefined) kit.checkCategory(options.category);
      return listStreams(log, options);
    },

    deleteStream,

    saveSnapshot: (...snapshot) => saveSnapshot(kit, log, kit.now(), ...snapshot),
    loadSnapshot: (...key) => loadSnapshotOf(kit, log.snapshots, ...key),
    deleteSnapshot: (id, reducerVersion) => log.snapshots.delete(streamIdToString(id), reducerVersion?.toString()),

    async truncateStream(id, beforeVersion) {
      kit.checkWholeNumber(beforeVersion, 'beforeVersion', 1);
      const erased = await log.truncateStream(streamIdToString(id), beforeVersion);
      kit.forget();
      return erased;
    },

    exportEvents(options = {}) {
      // As they are in the log: what cannot be read without its serializer is kept as well.
      const pages = kit.logPages({ log, decoder: { decode: (events) => events } }, options);
      return exportEvents(pages, log.head(), options);
    },

    importEvents(source, options) {
      const target: ImportTarget = {
        ...kit,
        context: { limits: kit.limits, now: kit.now(), metadata: undefined },
        // AnyVersion, which would otherwise have to be handed over.
        deleteStream: (stream) => deleteStream(stream, -1),
      };
      return importEvents(target, source instanceof Blob ? source.stream() : source, options);
    },
  };
}
