import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../testing/seed.test-env.ts';
import { categoryOf, parseStreamId, splitStreamName, streamId, streamIdToString } from './stream-id.ts';

const seed = seedOfRun();
const part = (maxLength: number) => fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((text) => !text.includes('\0'));

describe('stream ids', () => {
  it('print and parse to the same, whatever characters they hold', () => {
    const category = part(60).filter((text) => !text.includes('-'));
    fc.assert(
      fc.property(category, part(100), (name, id) => {
        const stream = streamId(name, id);
        expect(stream).toEqual({ category: name, id });
        expect(streamIdToString(stream)).toBe(`${name}-${id}`);
        expect(parseStreamId(`${name}-${id}`)).toEqual(stream);
        expect(splitStreamName(`${name}-${id}`)).toEqual(stream);
        expect(categoryOf(`${name}-${id}`)).toBe(name);
      }),
      { ...(seed !== undefined && { seed }) },
    );
  });

  it('are frozen copies, so nobody can rename one', () => {
    const mine = { category: 'Order', id: '1' };
    const parsed = parseStreamId(mine);
    mine.id = '2';
    expect(parsed).toEqual({ category: 'Order', id: '1' });
    expect(Object.isFrozen(parsed)).toBe(true);
  });

  it('are refused with the value and the rule in the message', () => {
    for (const [id, rule] of [['Order', 'category-id'], [{ category: 'a-b', id: '1' }, '"-"'], [`Order-${'1'.repeat(500)}`, '500'], [`${'c'.repeat(251)}-1`, '250'], ['Order-\0', 'NUL'], ['Order-\ud800', 'surrogate']] as const) {
      expect(() => parseStreamId(id)).toThrow(expect.objectContaining({ code: 'INVALID_STREAM_ID', message: expect.stringContaining(rule) as string }));
    }
  });

  it('of a very long name are refused with a short message', () => {
    expect(() => parseStreamId('x'.repeat(1_000_000))).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{10,300}$/s) as string }));
  });
});
