import { plainDecoder } from '../event/event-batch.ts';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeAppend } from '../store/encode-append.ts';
import { defaultLimits } from '../event/limits.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { EventBatch } from '../event/event-batch.ts';
import type { Log, Page } from '../storage/storage.ts';
import { createBatchFilter } from './filter.ts';
import { LogFollower } from './log-follower.ts';
import { logSource } from './sources.ts';
import { subscription } from './subscribe.ts';

const NEVER_MS = 3_600_000;

interface Watched {
  readonly log: Log;
  readonly name: string;
  /** Pages and heads that were read. */
  readonly reads: { pages: number; heads: number };
  /** Awaited after a page was read and before it is handed out. */
  hold: (() => Promise<void>) | undefined;
  append(count?: number): Promise<readonly EventBatch[]>;
}

/** A memory log that counts what is read of it. */
async function watchedLog(): Promise<Watched> {
  const log = await memoryStorage().open(() => {});
  const watched: Watched = {
    name: crypto.randomUUID(),
    reads: { pages: 0, heads: 0 },
    hold: undefined,
    log: {
      epoch: log.epoch,
      async readAll(range: Parameters<Log['readAll']>[0]): Promise<Page> {
        watched.reads.pages++;
        const page = await log.readAll(range);
        await watched.hold?.();
        return page;
      },
      head: () => (watched.reads.heads++, log.head()),
      truncateStream: (stream: string, beforeVersion: number) => log.truncateStream(stream, beforeVersion),
    } as Log,
    async append(count = 1) {
      const events = Array.from({ length: count }, () => ({ type: 'A', data: 0 }));
      const append = encodeAppend([{ streamId: 'A-1', expectedVersion: -1, events }], { limits: defaultLimits, now: 0, metadata: undefined });
      const [outcome] = await log.commit([append]);
      return outcome!.ok ? outcome!.batches : [];
    },
  };
  return watched;
}

function follow({ log, name }: Watched, pollIntervalMs = NEVER_MS): LogFollower {
  const follower = new LogFollower(log, plainDecoder, name, pollIntervalMs);
  onTestFinished(() => follower.close());
  return follower;
}

/** The positions that a subscription to all has delivered. */
function positionsOf(follower: LogFollower, after = 0): number[] {
  const positions: number[] = [];
  subscription(follower, () => logSource(follower, after, createBatchFilter()), {}).subscribe(({ globalPosition }) => positions.push(globalPosition));
  return positions;
}

function openChannel({ name, log }: Watched): (position: number, epoch?: string) => void {
  const channel = new BroadcastChannel(`ermine:${name}`);
  onTestFinished(() => channel.close());
  return (position, epoch = log.epoch) => channel.postMessage({ epoch, position });
}

/** Everything that was sent has been heard: messages arrive in order. */
async function heard(watched: Watched): Promise<void> {
  const [from, to] = [new BroadcastChannel(`ermine:${watched.name}`), new BroadcastChannel(`ermine:${watched.name}`)];
  await new Promise((resolve) => {
    to.onmessage = ({ data }) => data === 'last' && resolve(undefined);
    from.postMessage('last');
  });
  from.close();
  to.close();
}

describe('the follower of a log', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('reads a bounded number of times for 10,000 forged hints, and hears a true one after them', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    await watched.append(5);
    const positions = [positionsOf(follower), positionsOf(follower), positionsOf(follower)];
    await expect.poll(() => positions.map(({ length }) => length)).toEqual([5, 5, 5]);
    const before = watched.reads.pages;
    for (let i = 0; i < 10_000; i++) say(i % 3 === 0 ? Number.MAX_SAFE_INTEGER : 6 + (i % 100), i % 7 === 0 ? 'another epoch' : undefined);
    await heard(watched);
    // One look at once, one for each of the three that read on, and one for each 100 ms that this takes.
    expect(watched.reads.pages - before).toBeLessThan(60);
    await watched.append();
    say(6);
    await expect.poll(() => positions).toEqual(Array(3).fill([1, 2, 3, 4, 5, 6]));
  });

  it('does not read at all for a hint of what it has seen', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    await watched.append(5);
    const positions = positionsOf(follower);
    await expect.poll(() => positions.length).toBe(5);
    const before = { ...watched.reads };
    for (let i = 0; i < 1_000; i++) say(1 + (i % 5));
    await heard(watched);
    expect(watched.reads).toEqual(before);
  });

  it('finds what no hint told of by looking at the head, and reads nothing when there is nothing new', async () => {
    const watched = await watchedLog();
    const follower = follow(watched, 20);
    const positions = [positionsOf(follower), positionsOf(follower)];
    for (let n = 1; n <= 3; n++) {
      await watched.append();
      await expect.poll(() => positions.map(({ length }) => length)).toEqual([n, n]);
    }
    const { pages, heads } = watched.reads;
    await expect.poll(() => watched.reads.heads).toBeGreaterThan(heads + 3);
    expect(watched.reads.pages).toBe(pages);
  });

  it('does not look at all while nobody follows, nor after it was closed', async () => {
    const [watched, alone] = [await watchedLog(), await watchedLog()];
    const follower = follow(watched, 1);
    follow(alone, 1);
    positionsOf(follower);
    await expect.poll(() => watched.reads.heads).toBeGreaterThan(5);
    expect(alone.reads).toEqual({ pages: 0, heads: 0 });

    follower.close();
    const after = { ...watched.reads };
    const witness = await watchedLog();
    positionsOf(follow(witness, 1));
    await expect.poll(() => witness.reads.heads).toBeGreaterThan(5);
    expect(watched.reads.heads - after.heads).toBeLessThanOrEqual(1);
    expect(watched.reads.pages).toBe(after.pages);
  });

  it('takes an interval that is longer than a timer can wait for a long one', async () => {
    const [watched, witness] = [await watchedLog(), await watchedLog()];
    positionsOf(follow(watched, Number.MAX_SAFE_INTEGER));
    positionsOf(follow(witness, 1));
    await expect.poll(() => witness.reads.heads).toBeGreaterThan(5);
    expect(watched.reads.heads).toBe(0);
  });

  it('serves a commit of its own tab from memory, to any number of subscriptions', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const all = Array.from({ length: 100 }, () => positionsOf(follower));
    await expect.poll(() => watched.reads.pages).toBeGreaterThan(0);
    await expect.poll(async () => (follower.committed(await watched.append()), all.every((positions) => positions.length > 0))).toBe(true);
    const before = watched.reads.pages;
    for (let n = 0; n < 10; n++) {
      follower.committed(await watched.append());
      const head = await watched.log.head();
      await expect.poll(() => all.every((positions) => positions.at(-1) === head)).toBe(true);
    }
    // At most a look for more after each, shared by all.
    expect(watched.reads.pages - before).toBeLessThanOrEqual(10);
  });

  it('reads a commit of another tab once for all subscriptions that are at the same place', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    await watched.append();
    const all = Array.from({ length: 100 }, () => positionsOf(follower));
    await expect.poll(() => all.every(({ length }) => length === 1)).toBe(true);
    const before = watched.reads.pages;
    await watched.append(3);
    say(4);
    await expect.poll(() => all.every(({ length }) => length === 4)).toBe(true);
    expect(watched.reads.pages - before).toBeLessThan(10);
  });

  it('says that a subscription is caught up once for all that it delivers, however often it is woken', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    await watched.append(3);
    const caughtUp: number[] = [];
    const delivered: number[] = [];
    subscription(follower, () => logSource(follower, 0, createBatchFilter()), { caughtUp: true }).subscribe((value) => ('id' in value ? delivered : caughtUp).push(value.globalPosition));
    await expect.poll(() => caughtUp).toEqual([3]);
    for (let i = 0; i < 5; i++) {
      const { pages } = watched.reads;
      follower.wake();
      await expect.poll(() => watched.reads.pages).toBeGreaterThan(pages);
      await heard(watched);
    }
    expect(caughtUp).toEqual([3]);
    follower.committed(await watched.append(2));
    await expect.poll(() => caughtUp).toEqual([3, 5]);
    expect(delivered).toEqual([1, 2, 3, 4, 5]);
  });

  it('delivers nothing from memory that it was told to forget', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    follower.committed(await watched.append(4));
    await watched.log.truncateStream('A-1', 3);
    follower.forget();
    const positions = positionsOf(follower);
    await expect.poll(() => positions).toEqual([3, 4]);
  });

  it('loses no wake-up to a read that began before it: who joins that read reads again', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    await watched.append(5);
    const idle = positionsOf(follower);
    await expect.poll(() => idle.length).toBe(5);
    // Another subscription looks past the end, and what it finds there, nothing, takes a while to arrive.
    let release = (): void => {};
    watched.hold = () => new Promise((resolve) => (release = resolve));
    const late = positionsOf(follower, 5);
    await expect.poll(() => watched.reads.pages).toBeGreaterThan(1);
    await Promise.resolve();
    watched.hold = undefined;
    await watched.append();
    say(6);
    await heard(watched);
    release();
    await expect.poll(() => [idle, late]).toEqual([[1, 2, 3, 4, 5, 6], [6]]);
  });

  it('wakes for a hint whoever is behind, also when another subscription has read so far already', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    await watched.append(5);
    const idle = positionsOf(follower);
    await expect.poll(() => idle.length).toBe(5);
    await watched.append();
    const late = positionsOf(follower, 5);
    await expect.poll(() => late).toEqual([6]);
    say(6);
    await expect.poll(() => idle).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('does not take its own last commit for the end of the log, when a hint said more before anybody followed', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    follower.committed(await watched.append(3));
    await watched.append();
    say(4);
    await heard(watched);
    const positions = positionsOf(follower);
    await expect.poll(() => positions).toEqual([1, 2, 3, 4]);
  });

  it('does not take its own last commit for the end of the log, when another subscription has read on', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    follower.committed(await watched.append(3));
    await watched.append();
    const ahead = positionsOf(follower, 3);
    await expect.poll(() => ahead).toEqual([4]);
    const positions = positionsOf(follower);
    await expect.poll(() => positions).toEqual([1, 2, 3, 4]);
  });

  it('does not doubt a hint for a read that began before it', async () => {
    const watched = await watchedLog();
    const follower = follow(watched);
    const say = openChannel(watched);
    let release = (): void => {};
    watched.hold = () => new Promise((resolve) => (release = resolve));
    const positions = positionsOf(follower);
    await expect.poll(() => watched.reads.pages).toBe(1);
    watched.hold = undefined;
    await watched.append();
    say(1);
    await heard(watched);
    // From here no time passes: what comes now does not come by waiting.
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'Date'] });
    release();
    await heard(watched);
    expect(positions).toEqual([1]);
    await watched.append();
    say(2);
    for (let i = 0; i < 5; i++) await heard(watched);
    expect(positions).toEqual([1, 2]);
  });
});
