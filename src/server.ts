export { createSyncHandler, type SyncHandler, type SyncHandlerOptions, type SyncMetrics } from './server/sync-handler.ts';
export type { Principal } from './server/principal.ts';
export type { ServerLimits } from './server/sync-server.ts';
export type { Scope } from './sync/protocol.ts';
