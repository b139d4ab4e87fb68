import { InvalidVersionError } from './errors.ts';

/** Expected version: the stream must not exist. */
export const NoStream = 0;
/** Expected version: no check. */
export const AnyVersion = -1;
/** Expected version: the stream must exist, at whatever version. */
export const StreamExists = -2;

/** @throws {InvalidVersionError} when it is neither a version from 1 nor one of the three constants */
export function checkExpectedVersion(value: number, argument = 'expectedVersion'): void {
  if (!Number.isSafeInteger(value) || value < StreamExists) {
    throw new InvalidVersionError(argument, value, 'a version from 1, NoStream, AnyVersion or StreamExists');
  }
}

/** The number. @throws {InvalidVersionError} when it is not a whole number of at least `least` */
export function checkWholeNumber(value: number, argument: string, least = Number.MIN_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidVersionError(argument, value, `a whole number of at least ${least}`);
  }
  return value;
}

/** Whether a stream at version `actual` (0: it does not exist) meets the expectation. */
export function meetsExpectation(expected: number, actual: number): boolean {
  if (expected === AnyVersion) return true;
  if (expected === StreamExists) return actual > 0;
  return expected === actual;
}
