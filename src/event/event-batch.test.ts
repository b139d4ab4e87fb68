import { describe, expect, it } from 'vitest';
import { MAX_BATCH_EVENTS, MAX_BATCH_UNITS, decodeBatch, idsOf, type EventBatch, type NewBatch } from './event-batch.ts';
import { encodeEvents } from './encode.ts';
import { eraseFirst } from './erase-first.ts';
import { idAt } from './event-id.ts';
import type { EventData } from './event.ts';
import { defaultLimits } from './limits.ts';
import { createTombstone, isStreamDeleted, isTombstone } from './tombstone.ts';

const encode = (events: EventData[]): NewBatch[] => encodeEvents('Order-1', events, 'events', { limits: defaultLimits, now: 1_000, metadata: undefined });

/** As if it had been written at version 11 and position 101. */
const stored = (batch: NewBatch): EventBatch => ({ ...batch, version: 11, position: 101 });

const counted = (count: number): EventData[] => Array.from({ length: count }, (_, n) => ({ type: 'Counted', data: { n } }));

describe('batches', () => {
  it('hold 256 events at most', () => {
    for (const count of [1, 255, 256, 257, 512, 513]) {
      const counts = encode(counted(count)).map((batch) => batch.count);
      expect(counts.reduce((sum, each) => sum + each, 0)).toBe(count);
      expect(counts.slice(0, -1).every((each) => each === MAX_BATCH_EVENTS)).toBe(true);
    }
  });

  it('hold about 64 Ki units of JSON at most, and a larger event is alone', () => {
    const sizes = [10, 30_000, 30_000, 30_000, 100_000, 10, 10];
    const batches = encode(sizes.map((size) => ({ type: 'Big', data: 'x'.repeat(size) })));
    expect(batches.map((batch) => batch.count)).toEqual([3, 1, 1, 2]);
    for (const { count, events } of batches) if (count > 1) expect(events.length).toBeLessThan(MAX_BATCH_UNITS + 100);
  });

  it('give back what went in, with versions and positions in order', () => {
    const id = crypto.randomUUID();
    const [batch] = encode([
      { type: 'A', data: { a: 1 } },
      { type: 'B', data: null, id },
      { type: 'C', data: [], metadata: { userId: 'u' } },
    ]);
    const events = decodeBatch(stored(batch!));
    expect(events).toMatchObject([
      { type: 'A', data: { a: 1 }, metadata: {}, version: 11, globalPosition: 101, timestamp: 1_000, streamId: { category: 'Order', id: '1' } },
      { type: 'B', data: null, metadata: {}, version: 12, globalPosition: 102, id },
      { type: 'C', data: [], metadata: { userId: 'u' }, version: 13, globalPosition: 103 },
    ]);
    expect(idsOf(batch!)).toEqual(events.map((event) => event.id));
  });

  it('are decoded anew each time', () => {
    const batch = stored(encode([{ type: 'A', data: { list: [1] } }])[0]!);
    (decodeBatch(batch)[0]!.data as { list: number[] }).list.push(2);
    expect(decodeBatch(batch)[0]!.data).toEqual({ list: [1] });
  });

  it('split where their first events are erased, and the rest keeps its ids, versions and positions', () => {
    const batch = stored(encode([...counted(3), { type: 'B', data: 1, id: crypto.randomUUID(), metadata: { userId: 'u' } }, ...counted(2)])[0]!);
    const events = decodeBatch(batch);
    for (let count = 1; count < 6; count++) {
      const [erased, rest] = eraseFirst(batch, count, idAt);
      expect(erased).toMatchObject({ stream: '', events: '', count, version: 11, position: 101 });
      expect(decodeBatch(erased!)).toEqual([]);
      expect(decodeBatch(rest!)).toEqual(events.slice(count));
      // Erasing in two steps comes to the same.
      expect(decodeBatch(eraseFirst(rest!, 6 - count - 1, idAt).at(-1)!)).toEqual(events.slice(count === 5 ? 5 : -1));
    }
    expect(eraseFirst(batch, 0, idAt)).toEqual([batch]);
    expect(eraseFirst(batch, -3, idAt)).toEqual([batch]);
    for (const count of [6, 7, Infinity]) expect(eraseFirst(batch, count, idAt)).toMatchObject([{ stream: '', events: '', count: 6 }]);
  });

  it('of a tombstone are told from all that an application can write', () => {
    const tombstone = createTombstone('Order-1', 5_000);
    expect(isTombstone(tombstone)).toBe(true);
    expect(decodeBatch(stored(tombstone)).map(isStreamDeleted)).toEqual([true]);
    expect(isTombstone(encode([{ type: 'streamDeleted', data: {} }])[0]!)).toBe(false);
    expect(() => encode([{ type: '$streamDeleted', data: {} }])).toThrow(expect.objectContaining({ code: 'INVALID_EVENT' }));
  });
});
