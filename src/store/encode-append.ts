import { checkBytes, encodeEvents, type EncodeContext } from '../event/encode.ts';
import { EventTooLargeError, InvalidEventError, InvalidStreamIdError, NoEventsError } from '../event/errors.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { checkExpectedVersion } from '../event/version.ts';
import type { Append, StreamWrite } from '../storage/storage.ts';
import type { StreamAppend } from './event-store.ts';

/** Checks and encodes all of an append during the call, so that nothing the caller does later can change it. */
export function encodeAppend(appends: readonly StreamAppend[], context: EncodeContext): Append {
  if (!Array.isArray(appends)) throw new InvalidEventError('writes', 'is not an array of { streamId, expectedVersion, events }');
  const named = new Set<string>();
  const ids: string[] = [];
  const writes = appends.map((append, i): StreamWrite => {
    if (typeof append !== 'object' || append === null) throw new InvalidEventError(`writes[${i}]`, 'is not a { streamId, expectedVersion, events }');
    const { streamId, expectedVersion, events } = append;
    const path = appends.length === 1 ? 'events' : `writes[${i}].events`;
    const stream = streamIdToString(streamId);
    if (named.has(stream)) throw new InvalidStreamIdError(stream, 'one append names it twice; put its events into one write');
    named.add(stream);
    checkExpectedVersion(expectedVersion);
    const { maxBatchEvents } = context.limits;
    if (Array.isArray(events) && events.length > maxBatchEvents) throw new EventTooLargeError(path, events.length, maxBatchEvents, 'events');
    const onlyChecks = appends.length > 1 && Array.isArray(events) && events.length === 0;
    const batches = onlyChecks ? [] : encodeEvents(stream, events, path, context);
    for (const batch of batches) for (const id of batch.ids ?? []) if (id !== undefined) ids.push(id);
    return { stream, expectedVersion, batches };
  });
  checkWhole(writes, ids, context);
  return { writes, ids };
}

function checkWhole(writes: readonly StreamWrite[], ids: readonly string[], { limits }: EncodeContext): void {
  const batches = writes.flatMap((write) => write.batches);
  if (batches.length === 0) throw new NoEventsError();
  const events = batches.reduce((sum, { count }) => sum + count, 0);
  if (events > limits.maxBatchEvents) throw new EventTooLargeError('The append', events, limits.maxBatchEvents, 'events');
  checkBytes(batches.map((batch) => batch.events), 'The append', limits.maxBatchBytes);
  if (new Set(ids).size < ids.length) {
    const twice = ids.find((id, i) => ids.indexOf(id) !== i);
    throw new InvalidEventError('events', `hold the id ${twice} twice`);
  }
}
