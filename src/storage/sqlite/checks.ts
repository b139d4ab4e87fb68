/** Whether what came in a message has a shape. */
export type Check = (value: unknown) => boolean;

/** The plain kinds of values. */
export const isText: Check = (value) => typeof value === 'string';
export const isNumber: Check = (value) => typeof value === 'number';
export const isTruth: Check = (value) => typeof value === 'boolean';
export const isList: Check = Array.isArray;
/** A value of SQL. */
export const isValue: Check = (value) => value === null || isText(value) || isNumber(value) || value instanceof Uint8Array;

/** What may be missing. */
export const optional = (check: Check): Check => (value) => value === undefined || check(value);
/** A list of one kind. */
export const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
/** An object with these fields, and perhaps others. */
export const like = (shape: Readonly<Record<string, Check>>): Check => (value) =>
  typeof value === 'object' && value !== null && !isList(value) && Object.entries(shape).every(([key, check]) => check((value as Record<string, unknown>)[key]));
