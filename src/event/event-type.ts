import { InvalidEventError } from './errors.ts';

/** @throws {InvalidEventError} when it is no string, or empty */
export function checkType(type: unknown, path: string): string {
  if (typeof type !== 'string' || type === '') throw new InvalidEventError(path, 'is empty or not a string');
  return type;
}
