import { StreamDeletedError } from '../event/errors.ts';
import { decodeBatch } from '../event/event-batch.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import { isTombstone } from '../event/tombstone.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { Direction, Log, Page } from '../storage/storage.ts';
import { createBatchFilter, type BatchFilter } from '../subscription/filter.ts';
import type { ReadAllOptions, ReadStreamOptions } from './read-options.ts';

/** About so many events are asked for at once. */
const PAGE_EVENTS = 512;

interface Range {
  readonly from: number;
  readonly count: number;
  readonly direction: Direction;
  readonly signal: AbortSignal | undefined;
}

/** The events of a stream, page by page. @throws {StreamDeletedError} */
export async function* streamPages<E extends Event>(
  log: Log,
  id: StreamId | string,
  { fromVersion, count, direction = 'forwards', signal }: ReadStreamOptions,
): AsyncGenerator<StoredEvent<E>[], void, undefined> {
  const stream = streamIdToString(id);
  const range = checkRange(fromVersion, 'fromVersion', count, direction, signal);
  const filter: BatchFilter = {
    wantsBatch(batch) {
      if (isTombstone(batch)) throw new StreamDeletedError(stream);
      return batch.stream === stream;
    },
    wantsEvent: () => true,
  };
  yield* pages<E>((from, limit) => log.readStream(stream, { from, limit, direction }), range, filter, (event) => event.version);
}

/** The events of the log that pass the filter, page by page. */
export async function* logPages<E extends Event>(
  log: Log,
  { fromPosition, count, direction = 'forwards', signal, filter }: ReadAllOptions,
): AsyncGenerator<StoredEvent<E>[], void, undefined> {
  const range = checkRange(fromPosition, 'fromPosition', count, direction, signal);
  const read = (from: number, limit: number): Promise<Page> => log.readAll({ from, limit, direction });
  yield* pages<E>(read, range, createBatchFilter(filter), (event) => event.globalPosition);
}

function checkRange(from: number | undefined, name: string, count: number | undefined, direction: Direction, signal: AbortSignal | undefined): Range {
  if (from !== undefined && from !== Infinity) checkWholeNumber(from, name, 0);
  if (count !== undefined && count !== Infinity) checkWholeNumber(count, 'count', 0);
  const start = from ?? (direction === 'forwards' ? 1 : Infinity);
  return { from: direction === 'forwards' ? Math.max(1, start) : start, count: count ?? Infinity, direction, signal };
}

async function* pages<E extends Event>(
  read: (from: number, limit: number) => Promise<Page>,
  { from, count, direction, signal }: Range,
  filter: BatchFilter,
  placeOf: (event: StoredEvent<E>) => number,
): AsyncGenerator<StoredEvent<E>[], void, undefined> {
  const forwards = direction === 'forwards';
  let left = count;
  if (left === 0 || (!forwards && from < 1) || from === Infinity && forwards) return;
  signal?.throwIfAborted();
  for (let page: Page | undefined = await read(from, Math.min(left, PAGE_EVENTS)); page; ) {
    signal?.throwIfAborted();
    // The next page is on its way while this one is decoded and consumed.
    const next: Promise<Page> | undefined =
      page.next === undefined ? undefined : read(page.next, Math.min(left, PAGE_EVENTS));
    next?.catch(() => undefined);
    const events: StoredEvent<E>[] = [];
    for (const batch of page.batches) {
      if (!filter.wantsBatch(batch)) continue;
      const decoded = decodeBatch<E>(batch);
      if (!forwards) decoded.reverse();
      for (const event of decoded) {
        if (filter.wantsEvent(event) && (forwards ? placeOf(event) >= from : placeOf(event) <= from)) events.push(event);
      }
    }
    if (events.length >= left) events.length = left;
    left -= events.length;
    if (events.length > 0) yield events;
    if (left === 0) return;
    page = await next;
  }
}
