import { InvalidEventError } from './errors.ts';

/** Keys that a naive merge would write into a prototype. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

interface Problem {
  readonly rule: string;
  path: string;
}

/**
 * The JSON text of a value that JSON can hold without losing anything: objects, arrays, strings, finite numbers, booleans
 * and null. As in JSON, `toJSON` is called and a property that is undefined is left out.
 *
 * @throws {InvalidEventError} with the path of what JSON would lose or change in silence: undefined elsewhere, functions,
 * symbols, bigints, NaN, infinities, maps, sets, binary data, cycles, more than `maxDepth` levels, and the keys
 * `__proto__`, `constructor` and `prototype`
 */
export function toJson(value: unknown, path: string, maxDepth: number): string {
  let problem: Problem | undefined;
  try {
    problem = findProblem(value, maxDepth);
    if (problem === undefined) return JSON.stringify(value);
  } catch (cause) {
    throw new InvalidEventError(path, 'cannot be read as JSON', { cause });
  }
  throw new InvalidEventError(path + problem.path, problem.rule);
}

function findProblem(value: unknown, depthLeft: number): Problem | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : { rule: `is ${value}, which JSON cannot hold; use null or a string`, path: '' };
    case 'object':
      if (value === null) return undefined;
      return depthLeft === 0
        ? { rule: 'is nested too deeply (or contains itself)', path: '' }
        : Array.isArray(value)
          ? findInArray(value, depthLeft - 1)
          : findInObject(value, depthLeft - 1);
    case 'undefined':
      return { rule: 'is undefined, which JSON cannot hold; use null', path: '' };
    default:
      return { rule: `is a ${typeof value}, which JSON cannot hold`, path: '' };
  }
}

function findInArray(array: readonly unknown[], depthLeft: number): Problem | undefined {
  for (let i = 0; i < array.length; i++) {
    const problem = findProblem(array[i], depthLeft);
    if (problem) return under(problem, `[${i}]`);
  }
  return undefined;
}

function findInObject(object: object, depthLeft: number): Problem | undefined {
  if ('toJSON' in object && typeof object.toJSON === 'function') return findProblem(object.toJSON(), depthLeft);
  const tag = Object.prototype.toString.call(object).slice(8, -1);
  if (tag !== 'Object') return { rule: `is a ${tag}, which JSON cannot hold; store plain objects and arrays`, path: '' };
  for (const key of Object.keys(object)) {
    if (FORBIDDEN_KEYS.has(key)) return under({ rule: 'is a key that could pollute a prototype; rename it', path: '' }, `.${key}`);
    const value = (object as Record<string, unknown>)[key];
    if (value === undefined) continue;
    const problem = findProblem(value, depthLeft);
    if (problem) return under(problem, /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
  }
  return undefined;
}

function under(problem: Problem, parent: string): Problem {
  problem.path = parent + problem.path;
  return problem;
}
