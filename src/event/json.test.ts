import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../testing/seed.test-env.ts';
import { checkJson } from './json.ts';

const DEPTH = 64;
const seed = seedOfRun();

describe('checkJson', () => {
  it('accepts exactly what comes back from JSON as it was', () => {
    const safe = fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
    fc.assert(
      fc.property(safe, (value) => {
        const forbidden = /"(__proto__|constructor|prototype)":/.test(JSON.stringify(value));
        fc.pre(!forbidden);
        checkJson(value, 'data', DEPTH);
      }),
      { ...(seed !== undefined && { seed }) },
    );
  });

  it('refuses whatever JSON would change, wherever it is, and says where', () => {
    const bad = fc.constantFrom<unknown>(NaN, Infinity, -Infinity, () => 0, Symbol('s'), 1n, new Map(), new Set(), new Uint8Array(1), /x/, new Error('x'));
    const steps = fc.array(fc.oneof(fc.nat(3), fc.constantFrom('a', 'b')), { maxLength: 6 });
    fc.assert(
      fc.property(bad, steps, (value, path) => {
        let data = value;
        for (const step of path.toReversed()) data = typeof step === 'number' ? [...Array<number>(step).fill(0), data] : { first: 1, [step]: data };
        const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
        expect(() => checkJson(data, 'data', DEPTH)).toThrow(expect.objectContaining({ code: 'INVALID_EVENT', path: `data${place}` }));
      }),
      { ...(seed !== undefined && { seed }) },
    );
  });

  it('lets an undefined property pass, which JSON leaves out, and an undefined element not', () => {
    checkJson({ a: undefined }, 'data', DEPTH);
    for (const [value, path] of [[undefined, 'data'], [[undefined], 'data[0]'], [{ a: [1, undefined] }, 'data.a[1]']] as const) {
      expect(() => checkJson(value, 'data', DEPTH)).toThrow(expect.objectContaining({ path }));
    }
  });

  it('counts arrays and objects in each other up to the depth, and stops there', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : levels % 2 === 0 ? [nested(levels - 1)] : { a: nested(levels - 1) });
    checkJson(nested(3), 'data', 3);
    expect(() => checkJson(nested(4), 'data', 3)).toThrow(expect.objectContaining({ code: 'INVALID_EVENT' }));
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(() => checkJson(cycle, 'data', DEPTH)).toThrow(expect.objectContaining({ path: `data${'[0]'.repeat(DEPTH)}` }));
  });

  it('refuses keys that can pollute a prototype, own ones only', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      const data = JSON.parse(`{"a":[{"${key}":1}]}`) as unknown;
      expect(() => checkJson(data, 'data', DEPTH)).toThrow(expect.objectContaining({ path: `data.a[0].${key}` }));
    }
    class Money {
      cents = 5;
    }
    checkJson(new Money(), 'data', DEPTH);
    checkJson(Object.assign(Object.create(null) as object, { a: 1 }), 'data', DEPTH);
  });

  it('checks what toJSON gives in place of its object', () => {
    checkJson({ at: new Date(0), price: { bad: () => 0, toJSON: () => ({ cents: 5 }) } }, 'data', DEPTH);
    expect(() => checkJson({ a: { toJSON: () => [1n] } }, 'data', DEPTH)).toThrow(expect.objectContaining({ path: 'data.a[0]' }));
    const endless = { toJSON: (): unknown => endless };
    expect(() => checkJson(endless, 'data', DEPTH)).toThrow(expect.objectContaining({ code: 'INVALID_EVENT' }));
  });
});
