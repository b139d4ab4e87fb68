import { checkType } from '../event/event-type.ts';
import type { EventBatch } from '../event/event-batch.ts';
import type { Metadata } from '../event/event.ts';
import { checkCategory, categoryOf, streamIdToString, type StreamId } from '../event/stream-id.ts';

/** Lets an event through when every list that is given names it; an empty list names none. */
export interface EventFilter {
  readonly categories?: readonly string[];
  /** Types of events, such as `OrderPlaced`. */
  readonly types?: readonly string[];
  readonly streams?: readonly (StreamId | string)[];
  /** Events of one business transaction, across streams; storages find them without reading the others. */
  readonly correlationId?: string;
}

export interface BatchFilter {
  /** Whether any event of the batch may be wanted: decoding it can be spared otherwise. */
  wantsBatch(batch: Pick<EventBatch, 'stream' | 'events'>): boolean;
  wantsEvent(event: { readonly type: string; readonly metadata: Metadata }): boolean;
}

/** @throws {InvalidStreamIdError} {InvalidEventError} when a name in the filter cannot be one */
export function createBatchFilter(filter: EventFilter = {}): BatchFilter {
  const { correlationId } = filter;
  const categories = filter.categories && new Set(filter.categories.map(checkCategory));
  const streams = filter.streams && new Set(filter.streams.map(streamIdToString));
  const types = filter.types && new Set(filter.types.map((type) => checkType(type, 'filter.types')));
  return {
    wantsBatch: ({ stream }) =>
      stream !== '' && (!categories || categories.has(categoryOf(stream))) && (!streams || streams.has(stream)),
    wantsEvent: ({ type, metadata }) => (!types || types.has(type)) && (correlationId === undefined || metadata.correlationId === correlationId),
  };
}
