import { SpanStatusCode, metrics, trace } from '@opentelemetry/api';
import type { SyncRequestFacts, SyncTelemetry } from '../server/sync-telemetry.ts';

/** In seconds: those that OpenTelemetry advises for the duration of HTTP requests. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const SIZES = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/**
 * Tells OpenTelemetry of the requests of a sync handler. Each is a span, `ermine.sync push` and so on, below the active
 * one, and active itself, so that the spans of a database driver are below it; the tenant is an attribute of spans alone.
 * The metrics, by `ermine.sync.route` and `error.type`:
 *
 * - `ermine.sync.request.duration`, a histogram, in seconds, of a live stream until it has begun;
 * - `ermine.sync.push.commits` and `ermine.sync.pull.events`, histograms of how much a request moves;
 * - `ermine.sync.live_streams`, how many are open.
 *
 * Needs the package `@opentelemetry/api`, and an SDK that was started before: without one it does nothing.
 *
 * @example const handler = createSyncHandler({ storage, authorize, telemetry: syncTelemetry() });
 */
export function syncTelemetry(): SyncTelemetry {
  const tracer = trace.getTracer('ermine');
  const meter = metrics.getMeter('ermine');
  const duration = meter.createHistogram('ermine.sync.request.duration', { unit: 's', description: 'Duration of requests of sync clients.', advice: { explicitBucketBoundaries: DURATIONS } });
  const sizes = {
    commits: meter.createHistogram('ermine.sync.push.commits', { unit: '{commit}', description: 'Commits of a push.', advice: { explicitBucketBoundaries: SIZES } }),
    events: meter.createHistogram('ermine.sync.pull.events', { unit: '{event}', description: 'Events of the answer to a pull.', advice: { explicitBucketBoundaries: SIZES } }),
  };
  const liveStreams = meter.createUpDownCounter('ermine.sync.live_streams', { unit: '{stream}', description: 'Live streams that are open.' });
  return {
    request: (route, run) =>
      tracer.startActiveSpan(`ermine.sync ${route}`, async (span) => {
        const start = performance.now();
        let facts: SyncRequestFacts = {};
        try {
          return await run((more) => (facts = { ...facts, ...more }));
        } finally {
          const { code, tenant, commits, events } = facts;
          const attributes = { 'ermine.sync.route': route, ...(code !== undefined && { 'error.type': code }) };
          duration.record((performance.now() - start) / 1_000, attributes);
          if (commits !== undefined) sizes.commits.record(commits, attributes);
          if (events !== undefined) sizes.events.record(events, attributes);
          span.setAttributes({
            ...attributes,
            ...(tenant !== undefined && { 'ermine.tenant': tenant }),
            ...(commits !== undefined && { 'ermine.sync.commits': commits }),
            ...(events !== undefined && { 'ermine.sync.events': events }),
          });
          // What is wrong with a request is no error of the server.
          if (code === 'FAILED') span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        }
      }),
    liveStreams: (change) => liveStreams.add(change),
  };
}
