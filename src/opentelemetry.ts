export { traceMetadata } from './telemetry/trace-metadata.ts';
