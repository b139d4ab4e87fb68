import { expect, it } from 'vitest';
import { AppendQueue } from '../storage/append-queue.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { LiveHints } from './live-hints.ts';
import { Replica } from './replica.ts';

it('waits longer each time for a stream that ends as soon as it has begun, and not for one that has lived', async () => {
  const log = await memoryStorage().open(() => undefined);
  const replica = new Replica(log, await log.documents(), new AppendQueue(log, () => undefined), () => undefined);
  const lines = [1, 1, 1, 2, 1];
  const failures: number[] = [];
  await new Promise<void>((resolve) => {
    const hints: LiveHints = new LiveHints(replica, {
      transport: {
        send: () => Promise.reject(new Error('Only live is asked.')),
        async live(_, onLine) {
          for (let line = lines.shift() ?? 0; line > 0; line--) onLine('{"head":0}');
          return { status: 200, body: '' };
        },
      },
      timers: { setTimeout: (run, ms) => setTimeout(run, Math.min(ms, 1)), clearTimeout: (timer) => clearTimeout(timer as never) },
      requestHead: async () => '{"clientId":"client-1"',
      backoffMs: (count) => (failures.push(count), 0),
      wake: () => (lines.length > 0 ? hints.listen() : resolve()),
    });
    hints.listen();
  });
  expect(failures).toEqual([1, 2, 3, 1, 2]);
  await log.close();
});
