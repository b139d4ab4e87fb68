import type { SqlValue } from '../storage.ts';

/**
 * How a statement's values are bound in Node: both libraries take numbered parameters, `?1`, by their names.
 *
 * @param prefix of the name of a numbered parameter
 */
export function bindingOf(sql: string, prefix: '' | '?'): (values: readonly SqlValue[]) => readonly unknown[] {
  if (!/\?\d/.test(sql)) return (values) => values.map(wholeAsBigint);
  return (values) => [Object.fromEntries(values.map((value, i) => [`${prefix}${i + 1}`, wholeAsBigint(value)]))];
}

/** A number is bound as a REAL, which `5 / ?` and a TEXT column treat differently from an integer. */
function wholeAsBigint(value: SqlValue): SqlValue | bigint {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}
