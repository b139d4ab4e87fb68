// The raw floor: one transaction and one record for an append, commit(), no check. No store that is one can be faster
// with one transaction an append.
const PAGE_RECORDS = 512;

const result = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export const floor = (durability) => async (name) => {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore('records', { keyPath: 'position' }).createIndex('stream', ['stream', 'version']);
  };
  const database = await result(opening);
  const read = () => database.transaction('records').objectStore('records');
  const last = await result(read().openCursor(null, 'prev'));
  let position = last ? last.value.position + last.value.events.length : 1;
  const channel = new BroadcastChannel(name);
  return {
    append: (stream, version, events) =>
      new Promise((resolve, reject) => {
        const stored = events.map(({ type, data }) => ({ id: crypto.randomUUID(), type, data, timestamp: Date.now() }));
        const transaction = database.transaction('records', 'readwrite', { durability });
        transaction.objectStore('records').add({ position, stream, version: version + events.length, events: stored });
        position += events.length;
        transaction.commit();
        transaction.oncomplete = () => resolve(channel.postMessage(position));
        transaction.onabort = () => reject(transaction.error);
      }),
    async load(stream) {
      const records = await result(read().index('stream').getAll(IDBKeyRange.bound([stream, 0], [stream, Infinity])));
      return records.flatMap((record) => record.events);
    },
    async replay() {
      let count = 0;
      for (let from = 1; ; ) {
        const records = await result(read().getAll(IDBKeyRange.lowerBound(from), PAGE_RECORDS));
        for (const record of records) for (const event of record.events) if (event.data !== undefined) count++;
        if (records.length < PAGE_RECORDS) return count;
        from = records.at(-1).position + 1;
      }
    },
    follow(onEvent) {
      let cursor = 0;
      channel.onmessage = async () => {
        for (const record of await result(read().getAll(IDBKeyRange.lowerBound(cursor, true)))) {
          cursor = record.position;
          record.events.forEach(onEvent);
        }
      };
    },
    close: async () => {
      channel.close();
      database.close();
    },
  };
};
