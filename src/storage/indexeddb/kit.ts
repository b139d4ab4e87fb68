import { ConcurrencyError, DocumentConflictError, StorageBlockedError } from '../../event/errors.ts';
import { idAt } from '../../event/event-id.ts';
import { isTombstone } from '../../event/tombstone.ts';
import { evaluateAppends, isDeleted } from '../evaluate-appends.ts';
import { addAll, recordsOf } from './add-records.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches } from './commit-record.ts';
import { readHeads, readState } from './read-state.ts';
import { endAlone, requested } from './request.ts';
import { commitsOf, streamRange } from './schema.ts';

/**
 * What the modules that are loaded when they are used need of the others. It is handed over, not imported, so that a
 * bundler can leave them out of what a page loads at its start without tearing the storage into pieces.
 */
export const kit = {
  ConcurrencyError,
  DocumentConflictError,
  MAX_RECORD_EVENTS,
  StorageBlockedError,
  addAll,
  commitsOf,
  endAlone,
  evaluateAppends,
  idAt,
  isDeleted,
  isTombstone,
  lastPosition,
  readHeads,
  readState,
  recordsOf,
  requested,
  streamRange,
  toBatches,
};

export type Kit = typeof kit;
