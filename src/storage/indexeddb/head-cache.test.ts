import { describe, expect, it } from 'vitest';
import type { CommitRecord } from './commit-record.ts';
import { HeadCache } from './head-cache.ts';

/** A record of `count` events from `position` on, with the last versions of these streams. */
const record = (position: number, count: number, heads: CommitRecord['s']): CommitRecord => ({ k: position, s: heads, i: [], h: [0, 1, count, 0], b: [''], p: ['[]'] });

describe('the cache of heads', () => {
  it('knows nothing until the end of the log was read', () => {
    const cache = new HeadCache();
    cache.absorb([record(1, 2, [['A-1', 2]])]);
    expect([cache.tail, cache.get('A-1')]).toEqual([undefined, undefined]);
  });

  it('knows of an empty log that no stream exists, and goes on knowing it as the log grows', () => {
    const cache = new HeadCache();
    cache.reset(0);
    expect([cache.tail, cache.get('A-1')]).toEqual([0, 0]);
    cache.absorb([record(1, 2, [['A-1', 2]]), record(3, 1, [['B-1', 1]])]);
    expect([cache.tail, cache.get('A-1'), cache.get('B-1'), cache.get('C-1')]).toEqual([3, 2, 1, 0]);
  });

  it('does not know streams of a log that was there before, but those it is told of', () => {
    const cache = new HeadCache();
    cache.reset(10);
    expect([cache.tail, cache.get('A-1')]).toEqual([10, undefined]);
    cache.set('A-1', 4);
    cache.absorb([record(11, 1, [['B-1', 7]])]);
    expect([cache.tail, cache.get('A-1'), cache.get('B-1'), cache.get('C-1')]).toEqual([11, 4, 7, undefined]);
  });

  it('takes in what follows on what it knows, and nothing else: not twice, not with a gap, not from the middle', () => {
    const cache = new HeadCache();
    cache.reset(0);
    cache.absorb([record(1, 5, [['A-1', 5]])]);
    cache.absorb([record(1, 5, [['A-1', 99]]), record(4, 1, [['A-1', 99]]), record(7, 1, [['A-1', 99]])]);
    expect([cache.tail, cache.get('A-1')]).toEqual([5, 5]);
    cache.absorb([record(6, 1, [['A-1', 6], null]), record(7, 1, [['A-1', 7]])]);
    expect([cache.tail, cache.get('A-1')]).toEqual([7, 7]);
  });

  it('forgets everything when it is reset', () => {
    const cache = new HeadCache();
    cache.reset(0);
    cache.absorb([record(1, 1, [['A-1', 1]])]);
    cache.reset(undefined);
    expect([cache.tail, cache.get('A-1')]).toEqual([undefined, undefined]);
    cache.reset(7);
    expect([cache.tail, cache.get('A-1'), cache.get('B-1')]).toEqual([7, undefined, undefined]);
  });

  it('holds a bounded number of streams, the youngest, and does not take a forgotten one for one that does not exist', () => {
    const cache = new HeadCache();
    cache.reset(0);
    for (let i = 1; i <= 20_000; i++) cache.set(`A-${i}`, i);
    expect([cache.get('A-1'), cache.get('B-1')]).toEqual([1, 0]);
    cache.set('A-1', 11);
    cache.set('A-20001', 1);
    expect([cache.get('A-1'), cache.get('A-2'), cache.get('A-3'), cache.get('A-20001'), cache.get('B-1')]).toEqual([11, undefined, 3, 1, undefined]);
  });
});
