import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import { StorageUnavailableError, StreamDeletedError } from '../event/errors.ts';
import type { Event, StoredEvent } from '../event/event.ts';
import { isStreamDeleted } from '../event/tombstone.ts';
import { createBatchFilter, type BatchFilter } from './filter.ts';
import type { LogFollower } from './log-follower.ts';

/** Where a subscription reads: from a cursor, which moves with every page. */
export interface Source<E extends Event> {
  read(): Promise<SourcePage<E>>;
  /** The last global position that this subscription has passed. */
  readonly position: number;
}

interface SourcePage<E extends Event> {
  readonly events: readonly StoredEvent<E>[];
  readonly more: boolean;
}

async function decode<E extends Event>({ decoder }: LogFollower, batch: EventBatch): Promise<readonly StoredEvent<E>[]> {
  return (await decoder.decode(decodeBatch(batch))) as readonly StoredEvent<E>[];
}

/** The whole log after a position, as far as the filter lets it through. */
export function logSource<E extends Event>(follower: LogFollower, after: number, filter: BatchFilter): Source<E> {
  let cursor = after;
  return {
    get position() {
      return cursor;
    },
    async read() {
      const { batches, next } = await follower.readFrom(cursor + 1);
      const events: StoredEvent<E>[] = [];
      for (const batch of batches) {
        const end = batch.position + batch.count - 1;
        if (end <= cursor) continue;
        if (batch.position > cursor + 1 && !follower.sparse) {
          throw new StorageUnavailableError(`The log has a gap after position ${cursor}.`);
        }
        if (filter.wantsBatch(batch)) {
          for (const event of await decode<E>(follower, batch)) {
            if (event.globalPosition > cursor && filter.wantsEvent(event)) events.push(event);
          }
        }
        cursor = end;
      }
      return { events, more: next !== undefined };
    },
  };
}

/**
 * One stream after a version. It is caught up on the stream's own index and then followed at the end of the log, which is
 * read once for all subscriptions.
 */
export function streamSource<E extends Event>(follower: LogFollower, stream: string, afterVersion: number): Source<E> {
  let version = afterVersion;
  let live: Source<E> | undefined;

  const fresh = (events: readonly StoredEvent<E>[]): StoredEvent<E>[] =>
    events.filter((event) => {
      if (isStreamDeleted(event)) throw new StreamDeletedError(stream);
      const isNew = event.version > version;
      if (isNew) version = event.version;
      return isNew;
    });

  return {
    get position() {
      return live?.position ?? 0;
    },
    async read() {
      if (live) {
        const { events, more } = await live.read();
        return { events: fresh(events), more };
      }
      // The head is read first: whatever is in the log by now is in the stream's pages too.
      const head = await follower.log.head();
      const { batches, next } = await follower.log.readStream(stream, { from: version + 1, limit: 256, direction: 'forwards' });
      if (next === undefined) live = logSource(follower, head, createBatchFilter({ streams: [stream] }));
      const pages = await Promise.all(batches.map((batch) => decode<E>(follower, batch)));
      return { events: fresh(pages.flat()), more: next !== undefined };
    },
  };
}
