/** A generator of numbers in [0, 1) that gives the same sequence for the same seed (mulberry32). */
export function seededRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** An event as a shop writes it, some 190 bytes of JSON. */
export function makeEvent(n) {
  return {
    type: n % 3 === 0 ? 'OrderPlaced' : 'ItemAdded',
    data: {
      orderId: `order-${n % 1000}`,
      customer: { id: n % 500, name: `Customer ${n % 500}`, city: n % 2 ? 'Utrecht' : 'Groningen' },
      items: [{ sku: `sku-${n % 97}`, quantity: (n % 7) + 1, price: (n % 1000) / 10 }],
      note: n % 5 === 0 ? 'leave it with the neighbours' : null,
    },
  };
}

export const makeEvents = (count, from = 0) => Array.from({ length: count }, (_, i) => makeEvent(from + i));

/** `{ stream, events }` for appends of 1 to 10 events that fill `Big-1` with 1,000 and other streams with 10 to 100 each. */
export function interleavedAppends(total) {
  const random = seededRandom(7);
  const left = [{ stream: 'Big-1', count: Math.min(1_000, total) }];
  let planned = left[0].count;
  for (let i = 0; planned < total; i++) {
    const count = i === 0 ? Math.min(100, total - planned) : Math.min(10 + Math.floor(random() * 91), total - planned);
    left.push({ stream: `Order-${i}`, count });
    planned += count;
  }
  const streams = left.length;
  const appends = [];
  const versions = new Map();
  for (let n = 0; left.length > 0; ) {
    const index = random() < 0.02 && left[0].stream === 'Big-1' ? 0 : Math.floor(random() * left.length);
    const { stream, count } = left[index];
    const size = Math.min(count, 1 + Math.floor(random() * 10));
    const version = versions.get(stream) ?? 0;
    appends.push({ stream, version, size, n });
    versions.set(stream, version + size);
    n += size;
    left[index].count -= size;
    if (left[index].count === 0) left.splice(index, 1);
  }
  return { appends, streams };
}
