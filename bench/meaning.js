// What typed events and snapshots cost and save, on one stream of 10,000 events in IndexedDB.
import { aggregateStream, defineEvents, eventType, everyNEvents, openEventStore } from 'ermine';
import { indexedDbStorage } from 'ermine/indexeddb';
import * as v from 'valibot';
import { makeEvents } from './data.js';

const EVENTS = 10_000;
const order = v.object({
  orderId: v.string(),
  customer: v.object({ id: v.number(), name: v.string(), city: v.string() }),
  items: v.array(v.object({ sku: v.string(), quantity: v.number(), price: v.number() })),
  note: v.nullable(v.string()),
});
const reducer = {
  initialState: () => ({ count: 0, revenue: 0, byCity: {} }),
  evolve(state, { data }) {
    const revenue = data.items.reduce((sum, { quantity, price }) => sum + quantity * price, state.revenue);
    return { count: state.count + 1, revenue, byCity: { ...state.byCity, [data.customer.city]: (state.byCity[data.customer.city] ?? 0) + 1 } };
  },
};
const types = ['OrderPlaced', 'ItemAdded'];
const registryOf = (definition, options) => defineEvents(Object.fromEntries(types.map((type) => [type, definition])), options);
const registries = {
  plain: undefined,
  registry: registryOf(eventType()),
  upcasting: registryOf(eventType({ schemaVersion: 2 }), {
    upcasters: types.map((type) => ({ type, schemaVersion: 1, upcast: (data) => ({ ...data, currency: 'EUR' }) })),
  }),
  validating: registryOf(order, { validateOnLoad: true }),
};

/** Medians of `rounds` in milliseconds, by what was done. */
export async function measureMeaning(rounds) {
  const storage = indexedDbStorage({ name: `meaning-${Date.now()}`, durability: 'relaxed', persist: false });
  const stores = {};
  for (const [name, events] of Object.entries(registries)) stores[name] = await openEventStore({ storage, ...(events && { events }) });
  const { plain } = stores;
  for (let from = 0; from < EVENTS; from += 10) await plain.appendToStream('Order-1', from, makeEvents(10, from));
  const snapshots = everyNEvents(1_000);
  await aggregateStream(plain, 'Order-1', reducer, { snapshots });
  const load = async (name) => {
    const events = await stores[name].loadStream('Order-1');
    if (events.length !== EVENTS) throw new Error(`${events.length} events`);
  };
  const work = {
    'load 10,000 events': () => load('plain'),
    'with a registry': () => load('registry'),
    'with an upcaster for each': () => load('upcasting'),
    'with validation by valibot': () => load('validating'),
    'fold 10,000 events': () => aggregate({}),
    'fold from a snapshot': () => aggregate({ snapshots }),
  };
  const aggregate = async (options) => {
    const { state } = await aggregateStream(plain, 'Order-1', reducer, options);
    if (state.count !== EVENTS) throw new Error(`${state.count} events`);
  };
  const figures = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(work)) {
      const start = performance.now();
      await run();
      if (round >= 0) figures[name].push(performance.now() - start);
    }
  }
  for (const store of Object.values(stores)) await store.close();
  return figures;
}
