import type { IndexValue } from '../storage.ts';
import { fromOrderedText, toOrderedText } from './escape-text.ts';

/** A text whose order by bytes is that of index values: numbers, then strings by their UTF-16 units. */
export function toOrderedValue(value: IndexValue): string {
  return typeof value === 'string' ? `$${toOrderedText(value)}` : `#${toOrderedHex(value)}`;
}

export function fromOrderedValue(text: string): IndexValue {
  return text.startsWith('$') ? fromOrderedText(text.slice(1)) : fromOrderedHex(text.slice(1));
}

const SIGN = 1n << 63n;
const ALL = (1n << 64n) - 1n;

/** The bits of an IEEE 754 double are in the order of the numbers once the sign is turned, and those of negative ones all. */
function toOrderedHex(value: number): string {
  const view = new DataView(new ArrayBuffer(8));
  // -0 is 0 here.
  view.setFloat64(0, value + 0);
  const bits = view.getBigUint64(0);
  return (bits & SIGN ? bits ^ ALL : bits | SIGN).toString(16).padStart(16, '0');
}

function fromOrderedHex(hex: string): number {
  const bits = BigInt(`0x${hex}`);
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits & SIGN ? bits ^ SIGN : bits ^ ALL);
  return view.getFloat64(0);
}
