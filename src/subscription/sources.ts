import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import { StorageUnavailableError, StreamDeletedError } from '../event/errors.ts';
import { StreamDeleted, type Event, type StoredEvent } from '../event/event.ts';
import type { BatchFilter } from './filter.ts';
import type { LogFollower } from './log-follower.ts';

/** Where a subscription reads: from a cursor, which moves with every page. */
export interface Source<E extends Event> {
  read(): Promise<{ readonly events: readonly StoredEvent<E>[]; readonly more: boolean }>;
  /** The last global position that this subscription has passed. */
  readonly position: number;
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
        if (batch.position + batch.count <= cursor + 1) continue;
        checkContiguous(batch, cursor);
        if (filter.wantsBatch(batch)) {
          for (const event of decodeBatch<E>(batch)) {
            if (event.globalPosition > cursor && filter.wantsEvent(event)) events.push(event);
          }
        }
        cursor = Math.max(cursor, endOf(batch));
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
  /** Everything of the stream up to here is known; undefined until it is caught up for the first time. */
  let position: number | undefined;

  const take = (batches: readonly EventBatch[]): StoredEvent<E>[] => {
    const events: StoredEvent<E>[] = [];
    for (const batch of batches) {
      if (batch.stream !== stream) continue;
      for (const event of decodeBatch<E>(batch)) {
        if (event.type === StreamDeleted) throw new StreamDeletedError(stream);
        if (event.version > version) events.push(event);
      }
      version = Math.max(version, batch.version + batch.count - 1);
    }
    return events;
  };

  return {
    get position() {
      return position ?? 0;
    },
    async read() {
      if (position !== undefined && follower.isNear(position)) {
        const { batches, next } = await follower.readFrom(position + 1);
        for (const batch of batches) {
          checkContiguous(batch, position);
          position = Math.max(position, endOf(batch));
        }
        return { events: take(batches), more: next !== undefined };
      }
      // The head is read first: whatever is in the log by now is in the stream's pages too.
      const head = await follower.log.head();
      const { batches, next } = await follower.log.readStream(stream, { from: version + 1, limit: 256, direction: 'forwards' });
      if (next === undefined) position = head;
      return { events: take(batches), more: next !== undefined };
    },
  };
}

function endOf(batch: EventBatch): number {
  return batch.position + batch.count - 1;
}

function checkContiguous(batch: EventBatch, cursor: number): void {
  if (batch.position <= cursor + 1) return;
  throw new StorageUnavailableError(
    `The log has a gap: after position ${cursor} follows ${batch.position}.`,
  );
}
