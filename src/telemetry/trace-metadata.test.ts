import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Metadata } from '../event/event.ts';
import { openEventStore } from '../store/open-event-store.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { traceMetadata } from './trace-metadata.ts';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider());
});
afterAll(() => {
  context.disable();
  trace.disable();
});

describe('metadata of the active span', () => {
  it('is its trace id as the correlation id, and its own id', async () => {
    const store = await openEventStore({ storage: memoryStorage(), metadata: traceMetadata() });
    await trace.getTracer('test').startActiveSpan('order', async (span) => {
      await store.appendToStream('Order-1', 0, [{ type: 'A', data: 1 }]);
      const { traceId, spanId } = span.spanContext();
      const [event] = await store.loadStream('Order-1');
      expect(event!.metadata).toEqual({ correlationId: traceId, custom: { spanId } });
      span.end();
    });
  });

  it('is nothing without a span, and what the application says goes first', async () => {
    expect(traceMetadata()()).toEqual({});
    const metadata = traceMetadata(() => ({ correlationId: 'mine', custom: { a: '1' } }));
    expect(metadata()).toEqual({ correlationId: 'mine', custom: { a: '1' } });
    trace.getTracer('test').startActiveSpan('order', (span) => {
      expect(metadata()).toEqual({ correlationId: 'mine', custom: { spanId: span.spanContext().spanId, a: '1' } });
      const unset = traceMetadata(() => ({ correlationId: undefined, userId: 'anna' }) as unknown as Metadata);
      expect(unset()).toMatchObject({ correlationId: span.spanContext().traceId, userId: 'anna' });
      span.end();
    });
  });
});
