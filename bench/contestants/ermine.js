import { openEventStore } from 'ermine';
import { indexedDbStorage } from 'ermine/indexeddb';

export const ermine = (durability) => async (name) => {
  return storeOn(await openEventStore({ storage: indexedDbStorage({ name, durability, persist: false }) }));
};

export function storeOn(store) {
  return {
    append: (stream, version, events) => store.appendToStream(stream, version, events),
    load: (stream) => store.loadStream(stream),
    async replay() {
      let count = 0;
      for await (const event of store.readAll()) if (event.data !== undefined) count++;
      return count;
    },
    follow: (onEvent) => store.subscribeToAll(0).subscribe(onEvent),
    close: () => store.close(),
  };
}
