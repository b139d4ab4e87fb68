import { ConformanceError } from './assert.ts';

/** A condition that does not come true in this time fails its test. */
const WAIT_LIMIT_MS = 10_000;

/** Waits until a condition holds. @throws {ConformanceError} when it does not in {@link WAIT_LIMIT_MS} */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const start = Date.now();
  while (!(await condition())) {
    if (Date.now() - start > WAIT_LIMIT_MS) throw new ConformanceError(`waited ${WAIT_LIMIT_MS} ms in vain until ${what}`);
    await nextTask();
  }
}

/** Lets everything that is due run: timers, messages, the end of transactions. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Rejects when a promise does not settle in {@link WAIT_LIMIT_MS}. */
export async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new ConformanceError(`waited ${WAIT_LIMIT_MS} ms in vain for ${what}`)), WAIT_LIMIT_MS);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
