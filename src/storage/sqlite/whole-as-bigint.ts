import type { SqlValue } from '../storage.ts';

/** SQLite in Node binds a number as a real one, of which `5 / ?` or a TEXT column make something else than of an integer. */
export function wholeAsBigint(value: SqlValue): SqlValue | bigint {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}
