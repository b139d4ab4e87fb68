import { isSpanContextValid, trace } from '@opentelemetry/api';
import type { Metadata } from '../event/event.ts';
import { mergeMetadata } from '../event/metadata.ts';

/**
 * A metadata provider that takes the trace id of the active OpenTelemetry span as the correlation id, and keeps the span's
 * own id in `custom.spanId`; nothing where no span is active. What the other provider gives comes first.
 *
 * Needs the package `@opentelemetry/api`.
 *
 * @example const store = await openEventStore({ storage, metadata: traceMetadata(() => ({ userId: currentUser() })) });
 */
export function traceMetadata(provider: () => Metadata = () => ({})): () => Metadata {
  return () => {
    const own = provider();
    const context = trace.getActiveSpan()?.spanContext();
    if (!context || !isSpanContextValid(context)) return own;
    return mergeMetadata({ correlationId: context.traceId, custom: { spanId: context.spanId } }, own, 'metadata') ?? own;
  };
}
