import { InvalidEventError } from './errors.ts';

/**
 * Checks that what JSON can hold comes back as what it was, for a state that is gone on with sometimes as it was made and
 * sometimes as it was read: nothing that JSON calls `toJSON` on, such as a date, and no objects of a class.
 *
 * @throws {InvalidEventError} with the path
 */
export function checkPlain(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) return value.forEach((member, i) => checkPlain(member, `${path}[${i}]`));
  const prototype = Object.getPrototypeOf(value) as object | null;
  // The prototype of plain objects, in whichever realm, has none itself.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain || typeof (value as { toJSON?: unknown }).toJSON === 'function') {
    throw new InvalidEventError(path, `is no plain object (${value.constructor?.name}), and would not be one of its kind when it is read again: keep text or numbers, such as the time of a date`);
  }
  for (const [key, member] of Object.entries(value)) checkPlain(member, `${path}.${key}`);
}
