import { SpanKind, context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NoStream } from '../event/version.ts';
import { createSyncHandler } from '../server/sync-handler.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { openSyncedStore } from '../store/open-synced-store.ts';
import { upToDate } from '../store/synced-store.test-fixture.ts';
import { httpTransport } from '../sync/transport.ts';
import { numbered } from '../testing/events.ts';
import { until } from '../testing/wait.ts';
import { syncTelemetry } from './sync-telemetry.ts';

const spans = new InMemorySpanExporter();
const points = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const meters = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter: points })] });

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }));
  metrics.setGlobalMeterProvider(meters);
});
afterAll(async () => {
  context.disable();
  trace.disable();
  metrics.disable();
  await meters.shutdown();
});

/** The newest points of an instrument, by route and error. */
async function measured(name: string): Promise<Record<string, unknown>> {
  points.reset();
  await meters.forceFlush();
  const instruments = points.getMetrics().at(-1)!.scopeMetrics.flatMap((scope) => scope.metrics);
  const found = instruments.find(({ descriptor }) => descriptor.name === name)!;
  return Object.fromEntries(found.dataPoints.map(({ attributes, value }) => [`${String(attributes['ermine.sync.route'])} ${String(attributes['error.type'] ?? 'ok')}`, value]));
}

it('tells OpenTelemetry how long each request took, how much it moved, and why it failed', async () => {
  const storage = memoryStorage();
  const activeSpans = new Set<unknown>();
  const handler = createSyncHandler({
    storage: () => ({
      name: storage.name,
      open: (onConnection) => {
        activeSpans.add(trace.getActiveSpan() !== undefined);
        return storage.open(onConnection);
      },
    }),
    authorize: (token) => (token === 'known' ? { tenant: 'shop', user: 'ada' } : undefined),
    telemetry: syncTelemetry(),
  });
  const post = (token: string, route = 'hello'): Promise<Response> => handler(new Request(`https://sync.test/${route}`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${token}` } }));
  const fetch: typeof globalThis.fetch = (url, init) => handler(new Request(url as string, init));
  const store = await openSyncedStore({ storage: memoryStorage(), transport: httpTransport({ url: 'https://sync.test', token: 'known', fetch }), locks: null, paused: true });
  for (const version of [0, 2, 4]) await store.appendToStream('Note-1', version === 0 ? NoStream : version, numbered(2, version));
  store.sync.resume();
  await upToDate(store);
  await until('the live stream is open', () => handler.metrics().liveStreams === 1);
  const parent = trace.getTracer('test').startSpan('parent');
  await context.with(trace.setSpan(context.active(), parent), () => post('unknown'));
  parent.end();

  const pushed = spans.getFinishedSpans().filter(({ name }) => name === 'ermine.sync push');
  expect(pushed.map(({ attributes, kind }) => [attributes, kind])).toEqual([[{ 'ermine.sync.route': 'push', 'ermine.tenant': 'shop', 'ermine.sync.commits': 3 }, SpanKind.INTERNAL]]);
  const refused = spans.getFinishedSpans().find(({ attributes }) => attributes['error.type'] === 'UNAUTHORIZED')!;
  expect([refused.name, refused.parentSpanContext?.spanId]).toEqual(['ermine.sync hello', parent.spanContext().spanId]);
  expect(activeSpans).toEqual(new Set([true]));

  expect(await measured('ermine.sync.push.commits')).toMatchObject({ 'push ok': { count: 1, sum: 3, max: 3 } });
  expect(await measured('ermine.sync.pull.events')).toMatchObject({ 'pull ok': { sum: 6, max: 6 } });
  const durations = await measured('ermine.sync.request.duration');
  expect(durations).toMatchObject({ 'push ok': { count: 1 }, 'hello ok': { count: 1 }, 'live ok': { count: 1 }, 'hello UNAUTHORIZED': { count: 1 } });
  expect((durations['push ok'] as { sum: number }).sum).toBeLessThan(5);
  expect(await measured('ermine.sync.live_streams')).toEqual({ 'undefined ok': 1 });
  await store.close();
  await handler.close();
  expect(await measured('ermine.sync.live_streams')).toEqual({ 'undefined ok': 0 });
});
