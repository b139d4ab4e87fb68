import { StreamDeletedError } from '../event/errors.ts';
import { decodeBatch, type EventDecoder } from '../event/event-batch.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import { isTombstone } from '../event/tombstone.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { Log, Page, ReadRange } from '../storage/storage.ts';
import { createBatchFilter, type BatchFilter } from '../subscription/filter.ts';
import type { ReadAllOptions, ReadStreamOptions } from './read-options.ts';

/** About this many events are read at once. */
const PAGE_EVENTS = 1_024;

/** A log, and how its events are read. */
export interface ReadableLog {
  readonly log: Log;
  readonly decoder: EventDecoder;
}

/** The events of a stream, page by page. @throws {StreamDeletedError} */
export function streamPages<E extends Event>({ log, decoder }: ReadableLog, id: StreamId | string, options: ReadStreamOptions): Pages<E> {
  const stream = streamIdToString(id);
  const filter: BatchFilter = {
    wantsBatch(batch) {
      if (isTombstone(batch)) throw new StreamDeletedError(stream);
      return batch.stream === stream;
    },
    wantsEvent: () => true,
  };
  return pages<E>((range) => log.readStream(stream, range), decoder, 'fromVersion', options, filter);
}

/** The events of the log that pass the filter, page by page. */
export function logPages<E extends Event>({ log, decoder }: ReadableLog, options: ReadAllOptions): Pages<E> {
  const { filter = {} } = options;
  const { correlationId } = filter;
  return pages<E>((range) => log.readAll({ ...range, correlationId }), decoder, 'fromPosition', options, createBatchFilter(filter));
}

type Pages<E extends Event> = AsyncGenerator<StoredEvent<E>[], void, undefined>;

async function* pages<E extends Event>(
  read: (range: ReadRange) => Promise<Page>,
  decoder: EventDecoder,
  from: 'fromVersion' | 'fromPosition',
  options: ReadStreamOptions & ReadAllOptions,
  filter: BatchFilter,
): Pages<E> {
  const { count = Infinity, direction = 'forwards', signal } = options;
  const place = from === 'fromVersion' ? 'version' : 'globalPosition';
  const forwards = direction === 'forwards';
  const { [from]: start = forwards ? 1 : Infinity } = options;
  if (options[from] !== undefined) checkWholeNumber(start, from, 0);
  if (options.count !== undefined) checkWholeNumber(count, 'count', 0);
  let left = count;
  const readFrom = (next: number): Promise<Page> => read({ from: next, limit: Math.min(left, PAGE_EVENTS), direction });
  signal?.throwIfAborted();
  for (let page: Page | undefined = left > 0 ? await readFrom(Math.max(start, 1)) : undefined; page; ) {
    signal?.throwIfAborted();
    // The next page is on its way while this one is decoded and consumed.
    const next: Promise<Page> | undefined = page.next === undefined ? undefined : readFrom(page.next);
    next?.catch(() => undefined);
    const events: StoredEvent<E>[] = [];
    for (const batch of page.batches) {
      if (!filter.wantsBatch(batch)) continue;
      const decoded = (await decoder.decode(decodeBatch(batch))) as readonly StoredEvent<E>[];
      for (const event of forwards ? decoded : [...decoded].reverse()) {
        if (filter.wantsEvent(event) && (forwards ? event[place] >= start : event[place] <= start)) events.push(event);
      }
    }
    events.splice(left);
    left -= events.length;
    if (events.length > 0) yield events;
    page = left > 0 ? await next : undefined;
  }
}
