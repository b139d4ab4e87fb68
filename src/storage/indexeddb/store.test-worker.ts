// A dedicated worker with a store of its own, which does what the page of the test asks for.
import { isErmineError } from '../../event/errors.ts';
import type { EventStore } from '../../store/event-store.ts';
import { openEventStore } from '../../store/open-event-store.ts';
import { indexedDbStorage } from './indexeddb-storage.ts';

export type Request =
  | { readonly do: 'open'; readonly name: string }
  | { readonly do: 'append'; readonly stream: string; readonly expectedVersion: number; readonly numbers: readonly number[] }
  | { readonly do: 'append many'; readonly stream: string; readonly count: number }
  | { readonly do: 'append for ever'; readonly stream: string }
  | { readonly do: 'follow' }
  | { readonly do: 'read' }
  | { readonly do: 'close' };

/** What the worker says: the answer to a request, or what it has seen or done by itself. */
export type Reply =
  | { readonly is: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly is: 'event'; readonly position: number; readonly stream: string }
  | { readonly is: 'appended'; readonly version: number };

const NEVER_MS = 3_600_000;
let store: EventStore;

const say = (reply: Reply): void => globalThis.postMessage(reply);
const events = (numbers: readonly number[]) => numbers.map((n) => ({ type: 'Counted', data: { n } }));

async function answer(request: Request): Promise<unknown> {
  switch (request.do) {
    case 'open':
      store = await openEventStore({ storage: indexedDbStorage({ name: request.name, persist: false }), pollIntervalMs: NEVER_MS });
      return (await store.head()).epoch;
    case 'append':
      try {
        return await store.appendToStream(request.stream, request.expectedVersion, events(request.numbers));
      } catch (error) {
        // An Error loses its fields on the way to another realm.
        if (isErmineError(error, 'CONCURRENCY_CONFLICT')) return { code: error.code, actualVersion: error.actualVersion };
        throw error;
      }
    case 'append many':
      for (let n = 1; n <= request.count; n++) await store.appendToStream(request.stream, n - 1, events([n]));
      return undefined;
    case 'append for ever':
      for (;;) {
        const { version } = await store.appendToStream(request.stream, -1, events([0, 0, 0]));
        say({ is: 'appended', version });
      }
    case 'follow':
      store.subscribeToAll(0).subscribe(({ globalPosition, streamId }) => say({ is: 'event', position: globalPosition, stream: `${streamId.category}-${streamId.id}` }));
      return undefined;
    case 'read': {
      const positions: number[] = [];
      for await (const { globalPosition } of store.readAll()) positions.push(globalPosition);
      return positions;
    }
    case 'close':
      return store.close();
  }
}

globalThis.onmessage = ({ data: { id, request } }: MessageEvent<{ id: number; request: Request }>) => {
  void answer(request).then((value) => say({ is: 'answer', id, value }));
};
