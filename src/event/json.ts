import { InvalidEventError } from './errors.ts';

/** Keys that a naive merge would write into a prototype. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Checks that JSON can hold a value without losing anything: objects, arrays, strings, finite numbers, booleans and null.
 * As in JSON, `toJSON` is called and a property that is undefined is left out.
 *
 * @throws {InvalidEventError} with the path of what JSON would lose or change in silence: undefined elsewhere, functions,
 * symbols, bigints, NaN, infinities, maps, sets, binary data, cycles, more than `depth` levels, and the keys
 * `__proto__`, `constructor` and `prototype`
 */
export function checkJson(value: unknown, path: string, depth: number): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  if (typeof value !== 'object') throw new InvalidEventError(path, `is ${typeof value === 'number' ? value : typeof value}, which JSON cannot hold`);
  if (depth === 0) throw new InvalidEventError(path, 'is nested too deeply');
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkJson(value[i], `${path}[${i}]`, depth - 1);
  } else if ('toJSON' in value && typeof value.toJSON === 'function') checkJson(value.toJSON(), path, depth - 1);
  else {
    const tag = Object.prototype.toString.call(value);
    if (tag !== '[object Object]') throw new InvalidEventError(path, `is ${tag}, which JSON cannot hold`);
    for (const [key, member] of Object.entries(value)) {
      const place = `${path}.${key}`;
      if (FORBIDDEN_KEYS.has(key)) throw new InvalidEventError(place, 'is a forbidden key');
      if (member !== undefined) checkJson(member, place, depth - 1);
    }
  }
}
