import { describe, expect, it } from 'vitest';
import { encodeEvents } from '../event/encode.ts';
import { defaultLimits } from '../event/limits.ts';
import { range } from '../testing/events.ts';
import type { OutboxView } from './outbox.ts';
import type { PendingCommit } from './pending-commit.ts';
import { PendingIndex } from './pending-index.ts';

const idOf = (n: number): string => `018bcfe5-6800-7000-8000-${String(n).padStart(12, '0')}`;

function commit(n: number, stuck?: string): PendingCommit {
  const stream = `Note-${n % 2}`;
  const events = [1, 2].map((place) => ({ type: 'Noted', data: n, id: idOf(10 * n + place) }));
  const batches = encodeEvents(stream, events, 'events', { limits: defaultLimits, now: 0, metadata: undefined });
  return { order: n, seq: n, hash: '', commitId: `${n}`, writes: [{ stream, expected: -1, batches }], ...(stuck !== undefined && { stuck }) };
}

/** @param read called with the place of each commit that is looked at */
function view(edits: number, commits: readonly PendingCommit[], read: (place: number) => void = () => undefined): OutboxView {
  const watched = new Proxy(commits, {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) read(Number(name));
      return Reflect.get(target, name) as unknown;
    },
  });
  return { head: { clientId: 'a', next: commits.length + 1, seq: commits.length + 1, edits }, text: '', commits: watched, rejected: [] };
}

describe('the index of what is pending', () => {
  it('looks only at what was added since', () => {
    const commits = range(1, 20).map((n) => commit(n));
    const first = new PendingIndex(view(0, commits));
    expect(first.hasAny([idOf(201)])).toBe(true);
    const looked = new Set<number>();
    const next = first.next(view(0, [...commits, commit(21, 'thrown')], (place) => looked.add(place)));
    expect(next.hasAny([idOf(999)])).toBe(false);
    expect(next.hasAny([idOf(999), idOf(212)])).toBe(true);
    expect([...next.counts]).toEqual([['Note-1', 22], ['Note-0', 20]]);
    expect([...next.stuck]).toEqual(['Note-1']);
    expect([...looked]).toEqual([20]);
  });

  it('forgets what was removed or changed', () => {
    const index = new PendingIndex(view(0, [commit(1, 'thrown'), commit(2), commit(3)]));
    expect(index.hasAny([idOf(11)])).toBe(true);
    const next = index.next(view(1, [commit(2), commit(3), commit(4), commit(5)]));
    expect(next.hasAny([idOf(11), idOf(12)])).toBe(false);
    expect([...next.counts]).toEqual([['Note-0', 4], ['Note-1', 4]]);
    expect(next.stuck.size).toBe(0);
  });
});
