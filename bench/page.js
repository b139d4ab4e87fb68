// What runs in the browser: a contestant, chosen by its origin, and the workloads. Every figure is in milliseconds, and
// everything written is read back and counted.
import { dexie } from './contestants/dexie.js';
import { ermine } from './contestants/ermine.js';
import { eventsTable } from './contestants/events-table.js';
import { floor } from './contestants/floor.js';
import { sqlTable } from './contestants/sql-table.js';
import { sqlite } from './contestants/sqlite.js';
import { measureMeaning } from './meaning.js';
import { fileBytes } from './opfs.js';
import { interleavedAppends, makeEvent, makeEvents, seededRandom } from './data.js';

const contestants = { ermine, floor, table: eventsTable, dexie, sqlite, sqltable: sqlTable };
const [kind, durability] = location.hostname.split('.')[0].split('-');
const open = contestants[kind](durability);

const SETTLED_MS = 500;

let fresh = 0;
async function inFreshStore(work) {
  const name = `fresh-${Date.now()}-${fresh++}`;
  const store = await open(name);
  // What a start costs is measured by itself; for a while after it, code is still being compiled.
  await store.append('Warm-1', 0, [makeEvent(0)]);
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  const ms = await work(store);
  await store.close();
  await (store.remove ?? deleteDatabase)(name);
  return ms;
}

function deleteDatabase(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = resolve;
    request.onerror = reject;
  });
}

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function check(actual, expected) {
  if (actual !== expected) throw new Error(`${kind}: expected ${expected} events, got ${actual}`);
}

const writes = {
  'single appends': (store) => async () => {
    for (let i = 0; i < 1_000; i++) await store.append('Order-1', i, [makeEvent(i)]);
    return 1_000;
  },
  'concurrent appends': (store) => async () => {
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => store.append(`Order-${i}`, 0, [makeEvent(i)])));
    return 1_000;
  },
  'appends of 100': (store) => async () => {
    for (let i = 0; i < 200; i++) await store.append('Order-1', i * 100, makeEvents(100, i));
    return 20_000;
  },
  'one append of 10,000': (store) => {
    const events = makeEvents(10_000);
    return async () => {
      await store.append('Order-1', 0, events);
      return events.length;
    };
  },
};

let filled;
const reads = {
  async 'load a stream of 1,000'() {
    check((await filled.load('Big-1')).length, 1_000);
  },
  async replay(total) {
    check(await filled.replay(), total);
  },
  async '200 random streams'() {
    const random = seededRandom(11);
    for (let i = 0; i < 200; i++) {
      const { length } = await filled.load(`Order-${Math.floor(random() * 800)}`);
      if (length < 10 || length > 100) throw new Error(`a stream of ${length}`);
    }
  },
};

globalThis.bench = {
  measureMeaning,
  write: (workload) =>
    inFreshStore(async (store) => {
      const work = writes[workload](store);
      let written;
      const ms = await timed(async () => (written = await work()));
      check(await store.replay(), written + 1);
      return ms;
    }),
  async fill(name, total) {
    const store = await open(name);
    for (const { stream, version, size, n } of interleavedAppends(total).appends) {
      await store.append(stream, version, makeEvents(size, n));
    }
    check(await store.replay(), total);
    await store.close();
  },
  async use(name) {
    await filled?.close();
    filled = await open(name);
  },
  read: (workload, total) => timed(() => reads[workload](total)),
  fileBytes: () => fileBytes(),
  openAndLoad: (name) =>
    timed(async () => {
      filled = await open(name);
      check((await filled.load('Order-0')).length, 100);
    }),
  /** More of the same appends, to streams that nobody loads, in the store that `openAndLoad` has opened. */
  async grow(count, round) {
    for (let n = 0, i = 0; n < count; i++) {
      const size = Math.min(count - n, 1 + (i % 10));
      await filled.append(`Grown-${round}-${i}`, 0, makeEvents(size, n));
      n += size;
    }
    await filled.close();
  },
  /** Awaited appends to a stream of its own in a filled store, each with its version. */
  async appendTo(name, count) {
    const store = await open(name);
    let version = (await store.load('Appended-1')).length;
    const ms = await timed(async () => {
      for (let i = 0; i < count; i++) await store.append('Appended-1', version++, [makeEvent(i)]);
    });
    await store.close();
    return ms;
  },
  /** The same in the store that `use` has opened. */
  async appendToUsed(count) {
    const version = (await filled.load('Appended-1')).length;
    const ms = await timed(async () => {
      for (let i = 0; i < count; i++) await filled.append('Appended-1', version + i, [makeEvent(i)]);
    });
    check((await filled.load('Appended-1')).length, version + count);
    return ms;
  },
  async follow(name) {
    const store = await open(name);
    const answers = new BroadcastChannel('bench-seen');
    store.follow(() => answers.postMessage(performance.timeOrigin + performance.now()));
  },
  async appendAndWait(name, count) {
    const store = await open(name);
    const answers = new BroadcastChannel('bench-seen');
    const latencies = [];
    for (let i = 0; i < count; i++) {
      const seen = new Promise((resolve) => (answers.onmessage = ({ data }) => resolve(data)));
      const called = performance.timeOrigin + performance.now();
      void store.append('Order-1', i, [makeEvent(i)]);
      latencies.push((await seen) - called);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await store.close();
    return latencies;
  },
};
