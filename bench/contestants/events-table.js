// What is written by hand: a record for an event, a store with the head of each stream, a unique index.
import { openDB } from 'idb';

const PAGE_EVENTS = 512;

export const eventsTable = (durability) => async (name) => {
  const database = await openDB(name, 1, {
    upgrade(created) {
      created.createObjectStore('events', { keyPath: 'position', autoIncrement: true }).createIndex('stream', ['stream', 'version'], { unique: true });
      created.createObjectStore('streams');
    },
  });
  const channel = new BroadcastChannel(name);
  return {
    async append(stream, expectedVersion, events) {
      const transaction = database.transaction(['events', 'streams'], 'readwrite', { durability });
      const head = (await transaction.objectStore('streams').get(stream)) ?? 0;
      if (head !== expectedVersion) throw new Error(`${stream} is at ${head}`);
      const table = transaction.objectStore('events');
      events.forEach(({ type, data }, i) => {
        void table.add({ id: crypto.randomUUID(), stream, version: head + i + 1, type, data, timestamp: Date.now() });
      });
      void transaction.objectStore('streams').put(head + events.length, stream);
      await transaction.done;
      channel.postMessage('more');
    },
    load: (stream) => database.getAllFromIndex('events', 'stream', IDBKeyRange.bound([stream, 0], [stream, Infinity])),
    async replay() {
      let count = 0;
      for (let from = 1; ; ) {
        const events = await database.getAll('events', IDBKeyRange.lowerBound(from), PAGE_EVENTS);
        for (const event of events) if (event.data !== undefined) count++;
        if (events.length < PAGE_EVENTS) return count;
        from = events.at(-1).position + 1;
      }
    },
    follow(onEvent) {
      let cursor = 0;
      channel.onmessage = async () => {
        for (const event of await database.getAll('events', IDBKeyRange.lowerBound(cursor, true))) {
          cursor = event.position;
          onEvent(event);
        }
      };
    },
    close: async () => {
      channel.close();
      database.close();
    },
  };
};
