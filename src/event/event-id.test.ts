import { describe, expect, it } from 'vitest';
import { checkEventId, idAt, idKey, newIdBase } from './event-id.ts';

const NOW = Date.UTC(2026, 4, 17, 12, 34, 56, 789);

describe('event ids', () => {
  it('are laid out as RFC 9562 says for version 7: 48 bits of time, the version, the variant', () => {
    for (const now of [0, 1, NOW, 2 ** 48 - 1]) {
      const id = idAt(newIdBase(now), 0);
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now);
    }
  });

  it('take the part of a millisecond, a time before 1970 and one far ahead for what fits', () => {
    expect(newIdBase(NOW + 0.9).slice(0, 13)).toBe(newIdBase(NOW).slice(0, 13));
    for (const now of [-1, 2 ** 48, 2 ** 60]) expect(idAt(newIdBase(now), 0)).toHaveLength(36);
    expect(newIdBase(-5).slice(0, 13)).toBe('00000000-0000');
  });

  it('use every one of the random bits, and no other', () => {
    const ids = Array.from({ length: 2_000 }, () => newIdBase(NOW).replaceAll('-', ''));
    for (let bit = 0; bit < 4 * 28; bit++) {
      const digit = Math.floor(bit / 4);
      const values = new Set(ids.map((id) => (Number.parseInt(id[digit]!, 16) >> (3 - (bit % 4))) & 1));
      // The time, 4 bits of version after 48, and 2 of variant after 64 are the same in all.
      const fixed = bit < 52 || bit === 64 || bit === 65;
      expect([bit, values.size]).toEqual([bit, fixed ? 1 : 2]);
    }
  });

  it('differ, for bases of one millisecond too', () => {
    expect(new Set(Array.from({ length: 50_000 }, () => newIdBase(NOW))).size).toBe(50_000);
  });

  it('of one batch count up in the last four digits, so they sort in order', () => {
    const base = newIdBase(NOW);
    const ids = Array.from({ length: 65_536 }, (_, i) => idAt(base, i));
    expect(new Set(ids).size).toBe(65_536);
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.every((id) => id.startsWith(base) && id.length === 36)).toBe(true);
  });

  it('of one batch share the key of their base, which other bases do not have', () => {
    const base = newIdBase(NOW);
    for (const i of [0, 1, 255, 65_535]) expect(idKey(idAt(base, i))).toBe(idKey(base));
    const keys = Array.from({ length: 100_000 }, () => idKey(newIdBase(NOW)));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => Number.isSafeInteger(key) && key >= 0)).toBe(true);
  });

  it('of other versions have a key each, to the last digit', () => {
    const id = '0189d7f6-1a2b-4c3d-8e4f-5a6b7c8d9e0';
    expect(new Set([...'0123456789abcdef'].map((digit) => idKey(id + digit))).size).toBe(16);
    const random = Array.from({ length: 50_000 }, () => idKey(crypto.randomUUID()));
    expect(new Set(random).size).toBe(random.length);
  });

  it('are taken in lower case, and what is no UUID is refused with its path', () => {
    const id = crypto.randomUUID();
    expect(checkEventId(id.toUpperCase(), 'x')).toBe(id);
    // The nil UUID and every version are UUIDs too.
    expect(checkEventId('00000000-0000-0000-0000-000000000000', 'x')).toBe('00000000-0000-0000-0000-000000000000');
    for (const bad of ['', id.slice(1), `${id}0`, ` ${id}`, id.replaceAll('-', ''), `{${id}}`, 1, null, undefined, {}, [id]]) {
      expect(() => checkEventId(bad, 'events[3].id')).toThrow(expect.objectContaining({ code: 'INVALID_EVENT', path: 'events[3].id' }));
    }
  });
});
