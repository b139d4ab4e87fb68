import { checkBytes, encodeEvents, eventsPath, type EncodableAppend, type EncodableEvent, type EncodeContext } from '../event/encode.ts';
import { EventTooLargeError, InvalidEventError, InvalidStreamIdError, NoEventsError } from '../event/errors.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { checkExpectedVersion } from '../event/version.ts';
import type { Append } from '../storage/storage.ts';

/** Checks and encodes all of an append during the call, so that nothing the caller does later can change it. */
export function encodeAppend(appends: readonly EncodableAppend[], context: EncodeContext): Append {
  const { maxBatchEvents, maxBatchBytes } = context.limits;
  if (!Array.isArray(appends)) throw new InvalidEventError('writes', 'is not an array');
  let count = 0;
  // A place that is empty is passed over by most methods of an array, not by this.
  const paths = Array.from(appends, (append, i) => {
    const path = eventsPath(i, appends.length);
    if (!Array.isArray(append?.events)) throw new InvalidEventError(path, 'is not an array');
    count += append.events.length;
    return path;
  });
  if (count > maxBatchEvents) throw new EventTooLargeError('The append', count, maxBatchEvents, 'events');
  const writes = appends.map(({ streamId, expectedVersion, events }, i) => {
    checkExpectedVersion(expectedVersion);
    const stream = streamIdToString(streamId);
    return { stream, expectedVersion, batches: encodeEvents(stream, events, paths[i]!, context) };
  });
  if (count === 0) throw new NoEventsError();
  const streams = writes.map(({ stream }) => stream);
  if (new Set(streams).size < streams.length) throw new InvalidStreamIdError(streams.join(), 'an append names each stream once');
  const batches = writes.flatMap((write) => write.batches);
  checkBytes(batches.map(({ events }) => events).join(''), 'The append', maxBatchBytes);
  const given = appends.some(({ events }) => events.some(({ id, fresh }: EncodableEvent) => id !== undefined && !fresh));
  const ids = given ? batches.flatMap((batch) => batch.ids ?? []).filter((id) => id !== undefined) : [];
  if (new Set(ids).size < ids.length) throw new InvalidEventError('events', 'hold an id twice');
  return { writes, ids };
}
