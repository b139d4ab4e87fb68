import type { Metadata } from './event.ts';

/**
 * The metadata of what an event causes: its correlation id goes on (or begins with it), and it is the cause.
 *
 * @example { type: 'InvoiceSent', data, metadata: causedBy(orderPlaced) }
 */
export function causedBy(event: { readonly id: string; readonly metadata: Metadata }): Metadata {
  return { correlationId: event.metadata.correlationId ?? event.id, causationId: event.id };
}
