import { expect, onTestFinished, test } from 'vitest';
import type { FailingAnswer, FailingRequest } from './failing-files.test-worker.ts';

const FULL = 13;
/** Every third point, from another one in each run; Firefox takes three times as long for each. */
const STEP = navigator.userAgent.includes('Firefox') ? 9 : 3;
const first = (): number => Math.floor(Math.random() * STEP);

function startWorker(): (request: FailingRequest) => Promise<FailingAnswer> {
  const worker = new Worker(new URL('./failing-files.test-worker.ts', import.meta.url), { type: 'module' });
  onTestFinished(() => worker.terminate());
  return (request) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<FailingAnswer | string>) => (typeof data === 'string' ? reject(new Error(data)) : resolve(data));
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage(request);
    });
}

const threeTimes = (numbers: readonly number[]): readonly number[] => numbers.toSorted().flatMap((n) => [n, n, n]);

test('a worker that ends between any two writes, or in one, loses nothing acknowledged, and the log goes on', { timeout: 60_000 }, async () => {
  const run = startWorker();
  const { operations, acknowledged } = await run({ failure: 'never', at: 0 });
  expect(acknowledged).toHaveLength(6);
  for (let at = first(); at < operations; at += STEP) {
    const { acknowledged, stored, integrity, files } = await run({ failure: 'ends', at });
    const all = new Set([...stored, ...acknowledged]);
    expect({ at, integrity, files, stored }).toEqual({ at, integrity: 'ok', files: 3, stored: threeTimes([...all]) });
    // The one that was on its way may be there.
    expect(all.size - acknowledged.length).toBeLessThanOrEqual(1);
  }
});

test('files that cannot grow any more, from any write on, keep what was acknowledged and nothing else, and a log that is there opens', { timeout: 60_000 }, async () => {
  const run = startWorker();
  const { operations } = await run({ failure: 'never', at: 0 });
  for (let at = first(); at < operations; at += STEP) {
    const { acknowledged, stored, integrity, codes, files, notOpened } = await run({ failure: 'full', at });
    expect({ at, integrity, files, stored }).toEqual({ at, integrity: 'ok', files: 3, stored: threeTimes(acknowledged) });
    expect(new Set([...codes, FULL])).toEqual(new Set([FULL]));
    if (acknowledged.length > 0) expect({ at, notOpened }).toEqual({ at, notOpened: [] });
  }
});

test('an export of a file that cannot be read is an error, and no file with holes', async () => {
  const run = startWorker();
  expect((await run({ failure: 'never', at: 0 })).exported).toMatch(/^\d{6} bytes$/);
  expect((await run({ failure: 'unreadable', at: 0 })).exported).toMatch(/^SqliteError: .*cannot be read/);
});
