export type { DeepReadonly, Event, EventData, Metadata, StoredEvent, StreamDeletedEvent } from './event/event.ts';
export { causedBy } from './event/caused-by.ts';
export { defineSerializer, type DefinedSerializer } from './event/define-serializer.ts';
export type { EventDefinition, EventDefinitionLike, RegistryOptions } from './event/event-definition.ts';
export { EventRegistry, defineEvents, eventType, type EventsOf } from './event/event-registry.ts';
export type { EventSerializer, SerializedEvent } from './event/serializer.ts';
export type { SchemaIssue, SchemaResult, StandardSchema } from './event/standard-schema.ts';
export type { UpcastEvent, Upcaster } from './event/upcaster.ts';
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
  InvalidRegistryError,
  InvalidProjectionError,
  InvalidStreamIdError,
  InvalidVersionError,
  NoEventsError,
  ProjectionFailedError,
  SqlFailedError,
  StorageBlockedError,
  StorageFullError,
  StorageUnavailableError,
  StoreClosedError,
  StreamDeletedError,
  UnreadableEventError,
  VersionTooNewError,
  isErmineError,
  type ErrorCode,
  type EventPlace,
  type FailedEvent,
} from './event/errors.ts';
// The port, for whoever writes a storage.
export type {
  Append,
  AppendDocuments,
  AppendOutcome,
  ConnectionState,
  Direction,
  DocumentAndTableWrites,
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
  SqlStatement,
  SqlValue,
  Storage,
  StorageState,
  StreamSummary,
  StreamWrite,
  TableShape,
  TableWrites,
} from './storage/storage.ts';
export type { EventBatch, EventTuple, NewBatch } from './event/event-batch.ts';
export type { Hint } from './event/hint.ts';
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
export { Aggregate, createRepository, type EvolvedEvent, type Repository } from './aggregate/aggregate.ts';
export { aggregateStream, type AggregateOptions, type AggregateState } from './aggregate/aggregate-stream.ts';
export type { Decider, Decision, Reducer } from './aggregate/decider.ts';
export { handleCommand, type CommandHandler, type CommandOptions, type CommandResult, type HandlerOptions } from './aggregate/handle-command.ts';
export type { IgnoredSnapshot, SnapshotOptions } from './aggregate/load-snapshot.ts';
export type { RetryOptions } from './aggregate/retry.ts';
export { everyNEvents, neverSnapshot, olderThan, type SnapshotChance, type SnapshotPolicy } from './aggregate/snapshot-policy.ts';
export type { Snapshot, SnapshotStore } from './aggregate/snapshot-store.ts';
export type { StreamStore, WiderStore } from './aggregate/stream-store.ts';
