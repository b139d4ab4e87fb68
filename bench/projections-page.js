// What runs in the browser: read models of 100,000 events in 10,000 orders. Every figure is checked against what was read back.
import { openEventStore } from 'ermine';
import { indexedDbStorage } from 'ermine/indexeddb';
import { openProjection, projection } from 'ermine/projections';
import { Dexie, liveQuery } from 'dexie';
import { addRxPlugin, createRxDatabase } from 'rxdb';
import { RxDBUpdatePlugin } from 'rxdb/plugins/update';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import { makeEvent } from './data.js';

addRxPlugin(RxDBUpdatePlugin);

const EVENTS_PER_ORDER = 10;
const now = () => performance.timeOrigin + performance.now();

const totals = (name) => projection({ name, version: 1, initialState: { items: 0, quantity: 0 }, evolve: ({ items, quantity }, { data }) => ({ items: items + 1, quantity: quantity + data.items[0].quantity }) });

const apply = (order, { data }) => ({ customer: data.customer.name, items: (order?.items ?? 0) + 1, quantity: (order?.quantity ?? 0) + data.items[0].quantity });
const orders = (name) => projection({ name, version: 1, indexes: { customer: ({ customer }) => customer }, otherwise: (event, documents) => documents.patch(event.streamId.id, (order) => apply(order, event)) });

const openStore = (name) => openEventStore({ storage: indexedDbStorage({ name, durability: 'relaxed', persist: false }) });
let store;

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function openDexie(name) {
  const database = new Dexie(name, { chromeTransactionDurability: 'relaxed' });
  database.version(1).stores({ events: 'position', orders: 'id, customer', checkpoints: 'name' });
  await database.open();
  return database;
}

/** As it is written by hand: each event in a transaction with its checkpoint. */
async function projectByHand(database, event) {
  await database.transaction('rw', database.orders, database.checkpoints, async () => {
    const { position = 0 } = (await database.checkpoints.get('orders')) ?? {};
    if (event.position !== position + 1) throw new Error(`${event.position} after ${position}`);
    await database.orders.put({ id: event.order, ...apply(await database.orders.get(event.order), event) });
    await database.checkpoints.put({ name: 'orders', position: event.position });
  });
}

async function openRxdb(name) {
  const database = await createRxDatabase({ name, storage: getRxStorageDexie(), multiInstance: true, eventReduce: true });
  const schema = {
    version: 0,
    primaryKey: 'id',
    type: 'object',
    properties: { id: { type: 'string', maxLength: 100 }, customer: { type: 'string', maxLength: 100 }, items: { type: 'number' }, quantity: { type: 'number' } },
    required: ['id', 'customer'],
    indexes: ['customer'],
  };
  await database.addCollections({ orders: { schema } });
  return database;
}

/** The same events for the peers, a few at a time. */
async function* peerEvents(count) {
  let position = 0;
  for await (const { streamId, data } of store.readAll({ count })) yield { position: ++position, order: streamId.id, data };
}

async function checkQuantity(found, count) {
  let quantity = 0;
  for await (const { data } of peerEvents(count)) quantity += data.items[0].quantity;
  if (found !== quantity) throw new Error(`expected ${quantity}, got ${found}`);
}

globalThis.bench = {
  async fill(total) {
    store = await openStore('filled');
    if ((await store.head()).position >= total) return;
    const streams = total / EVENTS_PER_ORDER;
    for (let round = 0; round < EVENTS_PER_ORDER; round++) {
      for (let i = 0; i < streams; i += 100) {
        const writes = Array.from({ length: 100 }, (_, n) => ({ streamId: `Order-${i + n}`, expectedVersion: round, events: [makeEvent(i + n + round)] }));
        await store.appendToStreams(writes);
      }
    }
  },
  replay: (total) =>
    timed(async () => {
      let count = 0;
      for await (const event of store.readAll()) if (event.data !== undefined) count++;
      if (count !== total) throw new Error(`replayed ${count}`);
    }),
  async fold(total, run) {
    let open;
    const ms = await timed(async () => {
      open = await openProjection(store, totals(`totals-${run}`));
      await open.waitFor(total);
    });
    const { items } = await open.get();
    if (items !== total) throw new Error(`folded ${items}`);
    await open.close();
    return ms;
  },
  async documents(total, run) {
    let open;
    const ms = await timed(async () => {
      open = await openProjection(store, orders(`orders-${run}`));
      await open.waitFor(total);
    });
    let [count, items] = [0, 0];
    for (let page = await open.list({ limit: 1_000 }); page; page = page.next && (await open.list({ limit: 1_000, after: page.next }))) {
      for (const { document } of page.documents) [count, items] = [count + 1, items + document.items];
    }
    if (count !== total / EVENTS_PER_ORDER || items !== total) throw new Error(`${items} items of ${count} orders`);
    await open.close();
    return ms;
  },
  async rebuild(total) {
    const open = await openProjection(store, orders('orders-0'));
    await open.waitFor(total);
    const ms = await timed(() => open.rebuild());
    await open.close();
    return ms;
  },
  async dexie(count, run) {
    const database = await openDexie(`dexie-${run}`);
    const events = [];
    for await (const event of peerEvents(count)) events.push(event);
    const ms = await timed(async () => {
      for (const event of events) await projectByHand(database, event);
    });
    await checkQuantity((await database.orders.toArray()).reduce((sum, { quantity }) => sum + quantity, 0), count);
    await database.delete();
    return ms;
  },
  async rxdb(count, run) {
    const database = await openRxdb(`rxdb-${run}`);
    const events = [];
    for await (const event of peerEvents(count)) events.push(event);
    const ms = await timed(async () => {
      for (const event of events) {
        const before = await database.orders.findOne(event.order).exec();
        await database.orders.incrementalUpsert({ id: event.order, ...apply(before?.toJSON(), event) });
      }
    });
    await checkQuantity((await database.orders.find().exec()).reduce((sum, { quantity }) => sum + quantity, 0), count);
    await database.remove();
    return ms;
  },
  /** Says when what is watched has changed. */
  async watch(kind, name) {
    const answers = new BroadcastChannel('bench-seen');
    const seen = (items) => answers.postMessage({ items, at: now() });
    if (kind === 'ermine') {
      const open = await openProjection(await openStore(name), orders('live'), { run: false });
      open.watch$('1').subscribe((order) => order && seen(order.items));
    } else if (kind === 'dexie') {
      const database = await openDexie(name);
      liveQuery(() => database.orders.get('1')).subscribe((order) => order && seen(order.items));
    } else {
      const database = await openRxdb(name);
      database.orders.findOne('1').$.subscribe((order) => order && seen(order.items));
    }
  },
  /** From the call that writes an event until the other tab has what it made of the order. */
  async change(kind, name, count) {
    const answers = new BroadcastChannel('bench-seen');
    const latencies = [];
    let write;
    if (kind === 'ermine') {
      const live = await openStore(name);
      await openProjection(live, orders('live'));
      write = (n) => live.appendToStream('Order-1', n, [makeEvent(n)]);
    } else if (kind === 'dexie') {
      const database = await openDexie(name);
      write = (n) => projectByHand(database, { position: n + 1, order: '1', ...makeEvent(n) });
    } else {
      const database = await openRxdb(name);
      write = async (n) => database.orders.incrementalUpsert({ id: '1', ...apply((await database.orders.findOne('1').exec())?.toJSON(), makeEvent(n)) });
    }
    for (let n = 0; n < count; n++) {
      const seen = new Promise((resolve) => (answers.onmessage = ({ data }) => data.items === n + 1 && resolve(data.at)));
      const called = now();
      void write(n);
      latencies.push((await seen) - called);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return latencies;
  },
};
