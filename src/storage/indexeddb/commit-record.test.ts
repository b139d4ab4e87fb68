import { describe, expect, it } from 'vitest';
import { encodeEvents } from '../../event/encode.ts';
import type { EventBatch } from '../../event/event-batch.ts';
import { idKey } from '../../event/event-id.ts';
import type { EventData } from '../../event/event.ts';
import { defaultLimits } from '../../event/limits.ts';
import { createTombstone } from '../../event/tombstone.ts';
import { isDeleted } from '../evaluate-appends.ts';
import { MAX_RECORD_EVENTS, lastPosition, toBatches, toRecords } from './commit-record.ts';

/** Batches as they are written one after the other, from position 101 on; each stream begins at version 1. */
function batchesOf(writes: readonly (readonly [stream: string, events: readonly EventData[]])[]): EventBatch[] {
  const versions = new Map<string, number>();
  let position = 101;
  return writes
    .flatMap(([stream, events]) => encodeEvents(stream, events, 'events', { limits: defaultLimits, now: 1_000, metadata: undefined }))
    .map((batch) => {
      const version = versions.get(batch.stream) ?? 1;
      versions.set(batch.stream, version + batch.count);
      position += batch.count;
      return { ...batch, version, position: position - batch.count };
    });
}

const counted = (count: number, size = 0): EventData[] => Array.from({ length: count }, () => ({ type: 'Counted', data: 'x'.repeat(size) }));
const withoutIds = (batches: readonly EventBatch[]): unknown[] => batches.map(({ stream, version, position, count, timestamp, idBase, events }) => ({ stream, version, position, count, timestamp, idBase, events }));

describe('commit records', () => {
  it('hold batches of several streams and give them back', () => {
    const batches = batchesOf([['A-1', counted(2)], ['B-1', counted(3)], ['A-1', counted(1)]]);
    const records = toRecords(batches);
    expect(records).toHaveLength(1);
    expect(toBatches(records[0]!)).toEqual(withoutIds(batches));
    expect(toBatches(records[0]!, 'A-1')).toEqual(withoutIds([batches[0]!, batches[2]!]));
    expect(toBatches(records[0]!, 'A-11')).toEqual([]);
    expect([records[0]!.k, lastPosition(records[0]!)]).toEqual([101, 106]);
  });

  it('index each stream once, by its last version', () => {
    const [record] = toRecords(batchesOf([['A-1', counted(2)], ['B-1', counted(3)], ['A-1', counted(4)]]));
    expect(record!.s).toEqual([['A-1', 6], ['B-1', 3]]);
  });

  it('index a tombstone after every version of its stream', () => {
    const [record] = toRecords([{ ...createTombstone('A-1', 5_000), version: 9, position: 50 }]);
    const [stream, head] = record!.s[0]!;
    expect([stream, isDeleted(head), head > 9, head < 10]).toEqual(['A-1', true, true, true]);
  });

  it('index a whole batch of made ids once, and each given id', () => {
    const given = [crypto.randomUUID(), crypto.randomUUID()];
    const batches = batchesOf([['A-1', counted(200)], ['B-1', [{ type: 'A', data: 0, id: given[0]! }, ...counted(1)]], ['C-1', [{ type: 'A', data: 0, id: given[1]! }]]]);
    const [record] = toRecords(batches);
    expect(record!.i).toHaveLength(4);
    for (const id of given) expect(record!.i).toContain(idKey(id));
    for (const batch of batches.slice(0, 2)) expect(record!.i).toContain(idKey(`${batch.idBase}0001`));
  });

  it('are bounded in batches, events and size, and follow each other without a gap', () => {
    const many = batchesOf([
      ...Array.from({ length: 200 }, (_, i) => [`A-${i}`, counted(1)] as const),
      ...Array.from({ length: 10 }, (_, i) => [`B-${i}`, counted(100)] as const),
      ...Array.from({ length: 10 }, (_, i) => [`C-${i}`, counted(1, 30_000)] as const),
      ['D-1', counted(1, 200_000)],
      ['E-1', counted(1)],
    ]);
    const records = toRecords(many);
    expect(records.flatMap((record) => toBatches(record))).toEqual(withoutIds(many));
    let next = 101;
    for (const record of records) {
      expect(record.k).toBe(next);
      next = lastPosition(record) + 1;
      const units = record.p.reduce((sum, { length }) => sum + length, 0);
      expect(record.p.length).toBeLessThanOrEqual(64);
      expect(next - record.k).toBeLessThanOrEqual(MAX_RECORD_EVENTS);
      expect(record.p.length === 1 || units <= 65_536).toBe(true);
    }
    expect(records.length).toBeLessThan(20);
    expect(toRecords([])).toEqual([]);
  });
});
