import { describe, expect, it } from 'vitest';
import { StorageFullError, StorageUnavailableError } from '../event/errors.ts';
import type { EventBatch } from '../event/event-batch.ts';
import { defaultLimits } from '../event/limits.ts';
import { memoryStorage } from './memory/memory-storage.ts';
import type { Append, Log } from './storage.ts';
import { AppendQueue } from './append-queue.ts';
import { encodeAppend } from '../store/encode-append.ts';

const append = (stream: string, expectedVersion = -1): Append =>
  encodeAppend([{ streamId: stream, expectedVersion, events: [{ type: 'A', data: stream }] }], { limits: defaultLimits, now: 0, metadata: undefined });

/** A queue on a memory log, with the groups that it gave to the log. */
async function openQueue(beforeCommit: (group: readonly string[]) => void | Promise<void> = () => {}): Promise<{ queue: AppendQueue; log: Log; groups: string[][]; committed: EventBatch[] }> {
  const log = await memoryStorage().open(() => {});
  const groups: string[][] = [];
  const committed: EventBatch[] = [];
  const watched = Object.create(log, {
    commit: {
      async value(appends: readonly Append[]) {
        const group = appends.map(({ writes }) => writes[0]!.stream);
        groups.push(group);
        await beforeCommit(group);
        return log.commit(appends);
      },
    },
  }) as Log;
  return { queue: new AppendQueue(watched, (batches) => committed.push(...batches)), log, groups, committed };
}

const statuses = (outcomes: readonly PromiseSettledResult<unknown>[]): string[] => outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'ok' : (outcome.reason as { code: string }).code));

describe('the append queue', () => {
  it('gives the appends of a tick to the log as one group, and those that come meanwhile as the next', async () => {
    let release = (): void => {};
    const { queue, groups } = await openQueue(() => new Promise<void>((resolve) => (release = resolve)));
    const first = ['A-1', 'A-2', 'A-3'].map((stream) => queue.append(append(stream)));
    await expect.poll(() => groups.length).toBe(1);
    const second = ['A-4', 'A-1'].map((stream) => queue.append(append(stream)));
    await Promise.resolve();
    expect(groups).toEqual([['A-1', 'A-2', 'A-3']]);
    release();
    await Promise.all(first);
    await expect.poll(() => groups.length).toBe(2);
    release();
    await Promise.all(second);
    expect(groups).toEqual([['A-1', 'A-2', 'A-3'], ['A-4', 'A-1']]);
  });

  it('rejects the append that is in conflict, and no other one of its group', async () => {
    const { queue, groups, log } = await openQueue();
    const outcomes = await Promise.allSettled([queue.append(append('A-1', 0)), queue.append(append('A-1', 5)), queue.append(append('A-1', 1)), queue.append(append('A-2', 3)), queue.append(append('A-2', 0))]);
    expect(statuses(outcomes)).toEqual(['ok', 'CONCURRENCY_CONFLICT', 'ok', 'CONCURRENCY_CONFLICT', 'ok']);
    expect(groups).toHaveLength(1);
    expect(await log.head()).toBe(3);
  });

  it('tells what was committed before it resolves, and nothing of what was refused', async () => {
    const { queue, committed } = await openQueue();
    const seen = await Promise.all([queue.append(append('A-1')).then(() => committed.length), queue.append(append('A-2', 9)).catch(() => -1)]);
    expect(seen).toEqual([1, -1]);
    expect(committed.map(({ stream }) => stream)).toEqual(['A-1']);
  });

  it('tries a group that does not fit one by one, so that a large one takes nobody with it', async () => {
    const { queue, log } = await openQueue((group) => {
      if (group.includes('Big-1')) throw new StorageFullError();
    });
    const outcomes = await Promise.allSettled(['A-1', 'Big-1', 'A-2', 'Big-1', 'A-3'].map((stream) => queue.append(append(stream))));
    expect(statuses(outcomes)).toEqual(['ok', 'STORAGE_FULL', 'ok', 'STORAGE_FULL', 'ok']);
    const { batches } = await log.readAll({ from: 1, limit: 10, direction: 'forwards' });
    expect(batches.map(({ stream }) => stream)).toEqual(['A-1', 'A-2', 'A-3']);
    // The storage is none the worse for it.
    await queue.append(append('A-4'));
    expect(await log.head()).toBe(4);
  });

  it('rejects a whole group for what is wrong with the storage, and goes on with the next', async () => {
    let broken = true;
    const { queue, log } = await openQueue(() => {
      if (broken) throw new StorageUnavailableError('The disk is gone.');
    });
    expect(statuses(await Promise.allSettled([queue.append(append('A-1')), queue.append(append('A-2'))]))).toEqual(['STORAGE_UNAVAILABLE', 'STORAGE_UNAVAILABLE']);
    broken = false;
    await queue.append(append('A-3'));
    expect(await log.head()).toBe(1);
  });

  it('leaves none behind that comes just as a group ends, at whichever step', async () => {
    const { queue, log } = await openQueue();
    for (let steps = 0; steps < 30; steps++) {
      const first = queue.append(append('A-1'));
      for (let i = 0; i < steps; i++) await Promise.resolve();
      const second = queue.append(append('A-1'));
      await first;
      const third = queue.append(append('A-1'));
      await Promise.all([second, third]);
    }
    expect(await log.head()).toBe(90);
  });

  it('bounds a group, and keeps the order over several', async () => {
    const { queue, groups, log } = await openQueue();
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => queue.append(append(`A-${i}`))));
    expect(groups.length).toBeGreaterThan(1);
    expect(Math.max(...groups.map(({ length }) => length))).toBeLessThanOrEqual(2_000);
    expect(groups.flat()).toEqual(Array.from({ length: 5_000 }, (_, i) => `A-${i}`));
    expect(await log.head()).toBe(5_000);
  });

  it('finishes what it has taken when it closes, and takes no more', async () => {
    const { queue, log } = await openQueue();
    const taken = Array.from({ length: 50 }, () => queue.append(append('A-1')));
    const closing = queue.close();
    await expect(queue.append(append('A-1'))).rejects.toMatchObject({ code: 'STORE_CLOSED' });
    await closing;
    expect(await log.head()).toBe(50);
    await Promise.all(taken);
    await queue.close();
  });
});
