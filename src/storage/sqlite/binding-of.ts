import type { SqlValue } from '../storage.ts';

/** Where a "?1" is no parameter. */
const LITERAL = /'[^']*'|"[^"]*"|--[^\n]*|\/\*[^]*?\*\//g;

/**
 * How a module of Node's takes the values of a statement: one by one, or, where the parameters are numbered (`?1`), by the
 * names that it has for them.
 */
export function bindingOf(sql: string, nameOf: (number: number) => string | number): (values: readonly SqlValue[]) => readonly unknown[] {
  if (!/\?\d/.test(sql.replace(LITERAL, ''))) return (values) => values.map(wholeAsBigint);
  return (values) => [Object.fromEntries(values.map((value, i) => [nameOf(i + 1), wholeAsBigint(value)]))];
}

/** SQLite in Node binds a number as a real one, of which `5 / ?` or a TEXT column make something else than of an integer. */
function wholeAsBigint(value: SqlValue): SqlValue | bigint {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}
