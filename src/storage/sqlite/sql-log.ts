import { isErmineError } from '../../event/errors.ts';
import { blockedOutcomes } from '../blocked-outcomes.ts';
import type { DocumentLog, Log, Page, SnapshotLog, StorageState } from '../storage.ts';
import { toOutcome } from './decision.ts';
import type { Ask } from './operations.ts';
import { parsePage } from './page-text.ts';
import type { RawPage } from './read-pages.ts';

export interface LogLink {
  readonly epoch: string;
  readonly ask: Ask;
  state(): StorageState;
  close(): Promise<void>;
}

/** The port over a database that is asked, wherever it is. */
export function createLog({ epoch, ask, state, close }: LogLink): Log {
  return {
    epoch,
    async commit(appends) {
      try {
        return (await ask('commit', appends)).map((decision, i) => toOutcome(decision, appends[i]!));
      } catch (cause) {
        if (!isErmineError(cause, 'STORAGE_BLOCKED')) throw cause;
        return blockedOutcomes(appends, cause);
      }
    },
    head: () => ask('head'),
    readAll: async (range) => toPage(await ask('readAll', range), range.direction === 'forwards', 'position'),
    readStream: async (stream, range) => toPage(await ask('readStream', stream, range), range.direction === 'forwards', 'version'),
    streamInfo: (stream) => ask('streamInfo', stream),
    listStreams: (range) => ask('listStreams', range),
    async deleteStream(stream, expectedVersion, tombstone) {
      const decision = await ask('deleteStream', stream, expectedVersion, tombstone, false);
      return toOutcome(decision, { writes: [{ stream, expectedVersion, batches: [tombstone] }] });
    },
    truncateStream: (stream, beforeVersion) => ask('truncateStream', stream, beforeVersion),
    snapshots: snapshotsOver(ask),
    documents: async () => documentsOver(ask),
    state,
    close,
  };
}

function snapshotsOver(ask: Ask): SnapshotLog {
  return {
    save: (stream, key, snapshot) => ask('saveSnapshot', stream, key, snapshot),
    load: (stream, key) => ask('loadSnapshot', stream, key),
    delete: (stream, key) => ask('deleteSnapshot', stream, key),
  };
}

function documentsOver(ask: Ask): DocumentLog {
  return {
    hasTables: true,
    get: (keys) => ask('getDocuments', keys),
    list: (range) => ask('listDocuments', range),
    write: (writes, { durability } = {}) => ask('writeDocuments', writes, durability === 'strict', false),
    clear: (collection) => ask('clearDocuments', collection),
  };
}

function toPage({ text, end }: RawPage, forwards: boolean, place: 'position' | 'version'): Page {
  const batches = parsePage(text);
  const last = batches.at(-1);
  if (!last) return { batches, next: undefined };
  const next = forwards ? last[place] + last.count : last[place] - 1;
  return { batches, next: next > (forwards ? end : Infinity) || next < 1 ? undefined : next };
}
