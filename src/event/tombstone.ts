import type { EventBatch, NewBatch } from './event-batch.ts';
import { newIdBase } from './event-id.ts';
import { StreamDeleted, type StoredEvent, type StreamDeletedEvent } from './event.ts';

const TOMBSTONE = JSON.stringify([[StreamDeleted, {}]]);

/** The last event of a stream that is deleted at `now`. */
export function createTombstone(stream: string, now: number): NewBatch {
  return { stream, count: 1, timestamp: now, idBase: newIdBase(now), events: TOMBSTONE };
}

export function isTombstone({ events }: Pick<EventBatch, 'events'>): boolean {
  return events === TOMBSTONE;
}

/** Whether an event says that its stream was deleted; a read model then removes what it keeps of `event.streamId`. */
export function isStreamDeleted(event: { readonly type: string }): event is StoredEvent<StreamDeletedEvent> {
  return event.type === StreamDeleted;
}
