import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { splitJsonArray } from './split-json.ts';

describe('the elements of a JSON array', () => {
  it('are the very text that they were written in', () => {
    const elements = ['1e400', '-0', '12345678901234567890', '0.10', '"a,]\\"\\\\"', '"\\u0000\\ud83d"', '{ "b":[1, {"a":"]"}] ,"b":2}', '[]', '{}', 'null', '" "'];
    expect(splitJsonArray(`[${elements.join(',')}]`)).toEqual(elements);
    expect(splitJsonArray(` [\n${elements.join('\t,\r\n ')} ] `)).toEqual(elements);
    expect([splitJsonArray('[]'), splitJsonArray('[ ]')]).toEqual([[], []]);
  });

  it('are those that JSON.parse finds', () => {
    const seed = seedOfRun();
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (values, space) => {
        expect(splitJsonArray(JSON.stringify(values, null, space)).map((element) => JSON.parse(element) as unknown)).toEqual(JSON.parse(JSON.stringify(values)));
      }),
      { ...(seed !== undefined && { seed }) },
    );
  });

  it('of a text that is cut off are a SyntaxError', () => {
    for (const text of ['', '[', '[1', '["a]', '["a\\"]', '[[1]', '12']) expect(() => splitJsonArray(text)).toThrow(SyntaxError);
  });
});
