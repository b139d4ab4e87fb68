export { syncTelemetry } from './telemetry/sync-telemetry.ts';
export { traceMetadata } from './telemetry/trace-metadata.ts';
