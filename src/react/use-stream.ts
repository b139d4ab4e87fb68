import { Observable, type ObservedValueOf } from 'rxjs';
import type { Event, StoredEvent } from '../event/event.ts';
import { streamIdToString, type StreamId } from '../event/stream-id.ts';
import type { EventStore } from '../store/event-store.ts';
import type { SyncedStore } from '../store/synced-store.ts';
import type { Live } from './observable-source.ts';
import { useLive } from './use-live.ts';

/**
 * The events of a stream in order, kept up to date with what any tab appends. Many events that arrive together are shown
 * together. With a synced store, what is pending is in it too. Pass undefined while the store is not open yet.
 *
 * @throws {InvalidStreamIdError} while rendering, when the id is not valid
 * @example const { value: events = [] } = useStream(store, `Order-${id}`);
 */
export function useStream<E extends Event>(store: SyncedStore<E> | undefined, id: StreamId | string): Live<ObservedValueOf<ReturnType<SyncedStore<E>['watchStream']>>>;
export function useStream<E extends Event>(store: EventStore<E> | undefined, id: StreamId | string): Live<readonly StoredEvent<E>[]>;
export function useStream<E extends Event>(store: EventStore<E> | SyncedStore<E> | undefined, id: StreamId | string): Live<readonly StoredEvent<E>[]> {
  const stream = streamIdToString(id);
  return useLive(() => store && ('watchStream' in store ? store.watchStream(stream) : eventsOf(store, stream)), store, stream);
}

function eventsOf<E extends Event>(store: EventStore<E>, stream: string): Observable<readonly StoredEvent<E>[]> {
  return new Observable((subscriber) => {
    const events: StoredEvent<E>[] = [];
    let shown = -1;
    const entries$ = store.subscribeToStream(stream, 0, { caughtUp: true });
    return entries$.subscribe({
      next(entry) {
        if ('id' in entry) return void events.push(entry);
        // It has also caught up with what other streams got.
        if (events.length === shown) return;
        shown = events.length;
        subscriber.next([...events]);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}
