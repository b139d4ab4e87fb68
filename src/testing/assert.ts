import { isErmineError, type ErmineError, type ErrorCode } from '../event/errors.ts';

/** A rule of the conformance suite does not hold. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** @throws {ConformanceError} with the message when the condition does not hold */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new ConformanceError(message);
}

/**
 * Compares by structure: arrays, maps and sets by their elements, dates by their time, other objects by their kind and their
 * own keys, everything else by `Object.is`.
 *
 * @throws {ConformanceError} with the path of the first difference and both values
 */
export function assertEqual(actual: unknown, expected: unknown, what: string): void {
  const difference = findDifference(actual, expected, '');
  if (!difference) return;
  throw new ConformanceError(
    `${what}${difference.path === '' ? '' : ` at ${difference.path}`}: expected ${print(difference.expected)}, got ${print(difference.actual)}`,
  );
}

/** The fields of a typed error, as a rule looks at them. */
export type FailedWith = ErmineError & Readonly<Record<string, unknown>>;

/**
 * Checks that work fails, when it is called or later, with an error of this code and, where `fields` are given, with these.
 *
 * @returns the error
 */
export async function assertFails(
  work: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<FailedWith> {
  const error = await failureOf(work, code);
  if (!isErmineError(error, code)) {
    throw new ConformanceError(`expected an error ${code}, got ${print(error)}`, { cause: error });
  }
  const failed = error as unknown as FailedWith;
  assert(error.message.length > 20, `the message of ${code} says too little: "${error.message}"`);
  for (const [field, expected] of Object.entries(fields)) assertEqual(failed[field], expected, `${code}.${field}`);
  return failed;
}

/** What a promise, or a call, fails with. @throws {ConformanceError} when it does not fail */
export async function failureOf(work: Promise<unknown> | (() => unknown), expected: string): Promise<unknown> {
  let result: unknown;
  try {
    result = await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  throw new ConformanceError(`expected a failure (${expected}), got ${print(result)}`);
}

interface Difference {
  readonly path: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

function findDifference(actual: unknown, expected: unknown, path: string): Difference | undefined {
  if (Object.is(actual, expected)) return undefined;
  const differ = { path, actual, expected };
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return differ;
  if (kindOf(actual) !== kindOf(expected)) return differ;
  if (actual instanceof Date) return Object.is(actual.getTime(), (expected as Date).getTime()) ? undefined : differ;
  if (actual instanceof Set && isSameSet(actual, expected as Set<unknown>)) return undefined;
  if (isCollection(actual)) return findDifference([...actual], [...(expected as Iterable<unknown>)], path);
  if (Array.isArray(actual) && Array.isArray(expected)) {
    for (let i = 0; i < Math.min(actual.length, expected.length); i++) {
      const difference = findDifference(actual[i], expected[i], `${path}[${i}]`);
      if (difference) return difference;
    }
    if (actual.length === expected.length) return undefined;
    return { path: `${path}.length`, actual: actual.length, expected: expected.length };
  }
  for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const [left, right] = [actual, expected].map((object) => (Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : NOTHING));
    const difference = findDifference(left, right, `${path}.${key}`);
    if (difference) return difference;
  }
  return undefined;
}

/** In place of a property that is not there. */
const NOTHING = Symbol('nothing');

function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}

/** In whichever order they are. */
function isSameSet(actual: ReadonlySet<unknown>, expected: ReadonlySet<unknown>): boolean {
  return actual.size === expected.size && [...actual].every((member) => expected.has(member));
}

function isCollection(value: object): value is Map<unknown, unknown> | Set<unknown> {
  return value instanceof Map || value instanceof Set;
}

const MAX_PRINTED = 500;

function print(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value === NOTHING) return 'nothing';
  // JSON has null for NaN, and 0 for -0.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= String(value);
  return text.length > MAX_PRINTED ? `${text.slice(0, MAX_PRINTED)}…` : text;
}
