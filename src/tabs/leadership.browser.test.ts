import { describe, expect, it, onTestFinished } from 'vitest';
import { lead } from './leadership.ts';

/** Somebody who wants to lead, and what became of it so far. */
function candidate(name: string) {
  const leaving = new AbortController();
  const found = { begun: 0, ended: 0 };
  const done = lead(navigator.locks, name, leaving.signal, async (signal) => {
    found.begun++;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    found.ended++;
  });
  onTestFinished(() => leaving.abort());
  return { found, done, leave: () => leaving.abort() };
}

describe('leadership', () => {
  it('is held by one at a time, and passes on when that one leaves, also past one that has left the queue', async () => {
    const name = crypto.randomUUID();
    const [first, second, third] = [candidate(name), candidate(name), candidate(name)];
    await expect.poll(() => first.found.begun).toBe(1);
    expect([second.found.begun, third.found.begun]).toEqual([0, 0]);
    second.leave();
    await second.done;
    expect(second.found.begun).toBe(0);
    first.leave();
    await first.done;
    await expect.poll(() => third.found.begun).toBe(1);
    expect(first.found).toEqual({ begun: 1, ended: 1 });
  });

  it('that is stolen ends, and is asked for again', async () => {
    const name = crypto.randomUUID();
    const victim = candidate(name);
    await expect.poll(() => victim.found.begun).toBe(1);
    await navigator.locks.request(name, { steal: true }, async () => {
      await expect.poll(() => victim.found.ended).toBe(1);
    });
    await expect.poll(() => victim.found.begun).toBe(2);
  });

  it('ends when the work ends by itself', async () => {
    await expect(lead(navigator.locks, crypto.randomUUID(), new AbortController().signal, async () => undefined)).resolves.toBeUndefined();
  });
});
