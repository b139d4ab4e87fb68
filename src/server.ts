export { createSyncHandler, type SyncHandler, type SyncHandlerOptions, type SyncMetrics } from './server/sync-handler.ts';
export type { Principal } from './server/principal.ts';
export type { ServerLimits } from './server/sync-server.ts';
export type { NoteFacts, SyncRequestFacts, SyncTelemetry } from './server/sync-telemetry.ts';
export type { FailureCode, Route, Scope } from './sync/protocol.ts';
