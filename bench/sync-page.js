// What runs in the browser: replicas of a real server's log. What a figure speaks of is read back and counted.
import { openEventStore } from 'ermine';
import { indexedDbStorage } from 'ermine/indexeddb';
import { openSyncedStore } from 'ermine/sync';
import { filter, firstValueFrom, map } from 'rxjs';
import { interleavedAppends, makeEvent, makeEvents } from './data.js';

const STREAMS = 100;
const now = () => performance.timeOrigin + performance.now();
const storageOf = (name) => indexedDbStorage({ name, persist: false });
const openReplica = (name, server, options = {}) => openSyncedStore({ storage: storageOf(name), ...server, conflicts: { Counter: 'rebase' }, ...options });

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function upToDate({ sync }) {
  const states = sync.status$.pipe(map((status) => {
    if (status.state === 'stuck') throw status.error;
    return status.state;
  }));
  return firstValueFrom(states.pipe(filter((state) => state === 'upToDate')));
}

/** What everything that was written must be. */
async function checkLog(store, total) {
  let count = 0;
  for await (const { data } of store.readAll()) if (data.items[0].quantity > 0) count++;
  if (count !== total) throw new Error(`${count} events instead of ${total}`);
}

async function checkOutbox({ sync }) {
  const [pending, rejected] = [await firstValueFrom(sync.pending$), await firstValueFrom(sync.rejected$)];
  if (pending.length + rejected.length > 0) throw new Error(`${pending.length} commits are pending, ${rejected.length} were rejected`);
}

async function discard(store, name) {
  await store.close();
  await new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase(name), { onsuccess: resolve, onerror: reject }));
}

/** One event after the other into the outbox, `count` of them in turn on some streams, each of which is at `version`. */
async function appendPending(store, category, count, version) {
  const append = (n) => store.appendToStream(`${category}-${n % STREAMS}`, version + Math.floor(n / STREAMS), [makeEvent(n)]);
  for (let from = 0; from < count; from += 200) await Promise.all(Array.from({ length: 200 }, (_, i) => append(from + i)));
}

let exported;

globalThis.bench = {
  /** From opening an empty replica until it has the server's log. */
  async pull(server, name, total) {
    let store;
    const ms = await timed(async () => {
      store = await openReplica(name, server);
      await upToDate(store);
    });
    await checkLog(store, total);
    exported ??= await new Response(store.exportEvents()).blob();
    await discard(store, name);
    return ms;
  },
  /** The same events from a file, with their ids and times. */
  async import(name, total) {
    const store = await openEventStore({ storage: storageOf(name) });
    const ms = await timed(() => store.importEvents(exported));
    await checkLog(store, total);
    await discard(store, name);
    return ms;
  },
  /** The same data from memory, as new events: 100 appends at a time, which share transactions. */
  async append(name, total) {
    const { appends } = interleavedAppends(total);
    const store = await openEventStore({ storage: storageOf(name) });
    const ms = await timed(async () => {
      for (let from = 0; from < appends.length; from += 100) {
        await Promise.all(appends.slice(from, from + 100).map(({ stream, version, size, n }) => store.appendToStream(stream, version, makeEvents(size, n))));
      }
    });
    await checkLog(store, total);
    await discard(store, name);
    return ms;
  },
  /** From the moment that the server may be asked until nothing is pending. */
  async push(server, name, count) {
    const store = await openReplica(name, server, { paused: true });
    const pendingMs = await timed(() => appendPending(store, 'Order', count, 0));
    const ms = await timed(async () => {
      store.sync.resume();
      await upToDate(store);
    });
    await checkOutbox(store);
    await checkLog(store, count);
    await discard(store, name);
    return { ms, pendingMs };
  },
  /** The same with few commits: on streams that somebody has moved meanwhile, or on streams that are as they were. */
  async rebase(server, name, count, moved) {
    const [store, other] = [await openReplica(name, server), await openReplica(`${name}-other`, server)];
    await Promise.all([upToDate(store), upToDate(other)]);
    store.sync.pause();
    await appendPending(store, 'Counter', count, 0);
    for (let n = 0; n < STREAMS; n++) await other.appendToStream(`${moved ? 'Counter' : 'Other'}-${n}`, 0, [makeEvent(n)]);
    await other.sync.now();
    const ms = await timed(async () => {
      store.sync.resume();
      await upToDate(store);
    });
    await checkOutbox(store);
    await checkLog(store, count + STREAMS);
    const events = await store.loadStream('Counter-7');
    if (events.length !== count / STREAMS + (moved ? 1 : 0)) throw new Error(`Counter-7 has ${events.length} events`);
    await Promise.all([discard(store, name), discard(other, `${name}-other`)]);
    return ms;
  },
  /** Says when an event of another device is here. */
  async follow(server, name) {
    const store = await openReplica(name, server);
    const arrivals = new BroadcastChannel('bench-arrived');
    store.subscribeToAll(0).subscribe(({ globalPosition }) => arrivals.postMessage({ position: globalPosition, at: now() }));
    await upToDate(store);
  },
  /** From the call that appends until the other device has the event. */
  async send(server, name, count) {
    const store = await openReplica(name, server);
    await upToDate(store);
    const arrivals = new BroadcastChannel('bench-arrived');
    const latencies = [];
    for (let n = 0; n < count; n++) {
      const arrived = new Promise((resolve) => (arrivals.onmessage = ({ data }) => data.position === n + 1 && resolve(data.at)));
      const called = now();
      const [at] = await Promise.all([arrived, store.appendToStream('Order-1', n, [makeEvent(n)])]);
      latencies.push(at - called);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await store.close();
    return latencies;
  },
};
