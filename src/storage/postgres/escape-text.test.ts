import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seedOfRun } from '../../testing/seed.test-env.ts';
import { LAST_ORDERED, fromOrderedText, fromStorableText, toOrderedText, toStorableText } from './escape-text.ts';
import { fromOrderedValue, toOrderedValue } from './ordered-value.ts';

const seed = seedOfRun();
const parameters = { ...(seed !== undefined && { seed }) };
/** Any UTF-16 units, those that matter here more often: lone surrogates, NUL, the marks themselves, what follows them. */
const unit = fc.oneof(fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), fc.constantFrom('\0', '\x01', '!', '"', '-', '.', '}', '~', '\ue000', '\ud83d', '\ude00', '\uffff', '0', 'a'));
const text = fc.array(unit, { maxLength: 8 }).map((units) => units.join(''));
const compare = (a: string | number, b: string | number): number => (a === b ? 0 : a < b ? -1 : 1);
const isStorable = (value: string): boolean => !/[\0\p{Surrogate}]/u.test(value);

describe('texts that PostgreSQL can hold', () => {
  it('are the same for common text, and turn back into the original for any', () => {
    for (const common of ['OrderPlaced', 'Größe geändert', '注文', '😀', '~!']) expect(toStorableText(common)).toBe(common);
    fc.assert(fc.property(text, (original) => {
      const storable = toStorableText(original);
      expect([isStorable(storable), fromStorableText(storable)]).toEqual([true, original]);
    }), parameters);
  });
});

describe('texts in the order of UTF-16 units', () => {
  it('are printable ASCII, the same for common names, and turn back into the original', () => {
    for (const common of ['Order-1', 'a.b:c/d_e', 'X{1}']) expect(toOrderedText(common)).toBe(common);
    fc.assert(fc.property(text, (original) => {
      const ordered = toOrderedText(original);
      expect([/^[!-~]*$/.test(ordered), ordered < LAST_ORDERED, fromOrderedText(ordered)]).toEqual([true, true, original]);
    }), parameters);
  });

  it('compare by bytes as the originals do by units', () => {
    fc.assert(fc.property(text, text, (a, b) => void expect(compare(toOrderedText(a), toOrderedText(b))).toBe(compare(a, b))), parameters);
  });
});

describe('values of an index', () => {
  const value = fc.oneof(text, fc.double({ noNaN: true }), fc.integer());

  it('turn back into the original, -0 into 0', () => {
    fc.assert(fc.property(value, (original) => void expect(fromOrderedValue(toOrderedValue(original))).toBe(original === 0 ? 0 : original)), parameters);
  });

  it('compare by bytes as numbers, then strings', () => {
    const order = (a: string | number, b: string | number): number => (typeof a === typeof b ? compare(a, b) : typeof a === 'number' ? -1 : 1);
    fc.assert(fc.property(value, value, (a, b) => void expect(compare(toOrderedValue(a), toOrderedValue(b))).toBe(order(a, b))), parameters);
  });
});
