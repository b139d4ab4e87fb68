// The same events table with Dexie.
import { Dexie, liveQuery } from 'dexie';

const PAGE_EVENTS = 512;

export const dexie = (durability) => async (name) => {
  const database = new Dexie(name, { chromeTransactionDurability: durability });
  database.version(1).stores({ events: '++position, &[stream+version]', streams: 'id' });
  await database.open();
  return {
    append: (stream, expectedVersion, events) =>
      database.transaction('rw', database.events, database.streams, async () => {
        const head = (await database.streams.get(stream))?.version ?? 0;
        if (head !== expectedVersion) throw new Error(`${stream} is at ${head}`);
        await database.events.bulkAdd(
          events.map(({ type, data }, i) => ({ id: crypto.randomUUID(), stream, version: head + i + 1, type, data, timestamp: Date.now() })),
        );
        await database.streams.put({ id: stream, version: head + events.length });
      }),
    load: (stream) => database.events.where('[stream+version]').between([stream, 0], [stream, Dexie.maxKey]).toArray(),
    async replay() {
      let count = 0;
      for (let from = 1; ; ) {
        const events = await database.events.where('position').aboveOrEqual(from).limit(PAGE_EVENTS).toArray();
        for (const event of events) if (event.data !== undefined) count++;
        if (events.length < PAGE_EVENTS) return count;
        from = events.at(-1).position + 1;
      }
    },
    follow(onEvent) {
      let cursor = 0;
      liveQuery(() => database.events.where('position').above(cursor).toArray()).subscribe((events) => {
        for (const event of events) {
          if (event.position <= cursor) continue;
          cursor = event.position;
          onEvent(event);
        }
      });
    },
    close: async () => database.close(),
  };
};
