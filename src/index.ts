export type { DeepReadonly, Event, EventData, Metadata, StoredEvent, StreamDeletedEvent } from './event/event.ts';
export { StreamDeleted } from './event/event.ts';
export { isStreamDeleted } from './event/tombstone.ts';
export { parseStreamId, streamId, streamIdToString, type StreamId } from './event/stream-id.ts';
export { AnyVersion, NoStream, StreamExists } from './event/version.ts';
export type { Limits } from './event/limits.ts';
export {
  ConcurrencyError,
  CorruptedIdempotencyError,
  DocumentConflictError,
  EpochChangedError,
  ErmineError,
  EventTooLargeError,
  InvalidEventError,
  InvalidImportError,
  InvalidQueryError,
  InvalidStreamIdError,
  InvalidVersionError,
  NoEventsError,
  StorageBlockedError,
  StorageFullError,
  StorageUnavailableError,
  StoreClosedError,
  StreamDeletedError,
  VersionTooNewError,
  isErmineError,
  type ErrorCode,
} from './event/errors.ts';
// The port, for whoever writes a storage.
export type {
  Append,
  AppendOutcome,
  ConnectionState,
  Direction,
  DocumentCursor,
  DocumentExpectation,
  DocumentKey,
  DocumentLog,
  DocumentPage,
  DocumentRange,
  DocumentRecord,
  DocumentWrites,
  Durability,
  IndexValue,
  Log,
  Page,
  ReadRange,
  SnapshotLog,
  SnapshotRecord,
  Storage,
  StorageState,
  StreamSummary,
  StreamWrite,
} from './storage/storage.ts';
export type { EventBatch, EventTuple, NewBatch } from './event/event-batch.ts';
export { deletedAt, evaluateAppends, isDeleted, type DocumentCheck, type EventLocation, type LogState } from './storage/evaluate-appends.ts';
export type { EventFilter } from './subscription/filter.ts';
export { CaughtUp, isCaughtUp, type SubscribeOptions } from './subscription/subscribe.ts';
export { openEventStore, type OpenEventStoreOptions } from './store/open-event-store.ts';
export type {
  AppendResult,
  Checkpoint,
  EventStore,
  ListStreamsOptions,
  StreamAppend,
  StreamInfo,
  StreamListing,
} from './store/event-store.ts';
export type { ExportOptions, ExportProgress } from './store/export-events.ts';
export type { Health } from './store/health.ts';
export type { ImportOptions, ImportProgress, ImportResult } from './store/import-events.ts';
export type { AbortOptions, ReadAllOptions, ReadStreamOptions } from './store/read-options.ts';
export type { Snapshot, SnapshotStore } from './store/snapshot-store.ts';
