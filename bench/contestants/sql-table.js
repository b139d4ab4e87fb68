// What is written by hand on SQLite: an events table in a worker, a message for each call.
import { removeFolder } from '../opfs.js';

const PAGE_EVENTS = 512;

export const sqlTable = (durability) => async (name) => {
  const worker = new Worker(new URL('./sql-table-worker.js', import.meta.url), { type: 'module' });
  const calls = new Map();
  let last = 0;
  worker.onmessage = ({ data: { call, value, error } }) => {
    const { resolve, reject } = calls.get(call);
    calls.delete(call);
    if (error) reject(new Error(error));
    else resolve(value);
  };
  const ask = (operation, ...values) =>
    new Promise((resolve, reject) => {
      calls.set(++last, { resolve, reject });
      worker.postMessage({ call: last, operation, values });
    });
  const parsed = (rows) => rows.map((row) => ({ ...row, data: JSON.parse(row.data) }));
  await ask('open', name, durability);
  return {
    append(stream, expectedVersion, events) {
      const stored = events.map(({ type, data }) => [crypto.randomUUID(), type, JSON.stringify(data), Date.now()]);
      return ask('append', stream, expectedVersion, stored);
    },
    load: async (stream) => parsed(await ask('load', stream)),
    async replay() {
      let count = 0;
      for (let from = 1; ; ) {
        const events = parsed(await ask('page', from, PAGE_EVENTS));
        for (const event of events) if (event.data !== undefined) count++;
        if (events.length < PAGE_EVENTS) return count;
        from = events.at(-1).position + 1;
      }
    },
    async close() {
      await ask('close');
      worker.terminate();
    },
    remove: () => removeFolder(['bench-table', name]),
  };
};
