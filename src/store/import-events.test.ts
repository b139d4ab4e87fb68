import { expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { openEventStore } from './open-event-store.ts';

it('an import ends with the reason of its signal while its source gives nothing, and lets go of the source', async () => {
  const store = await openEventStore({ storage: memoryStorage() });
  const controller = new AbortController();
  const reason = new Error('enough');
  let cancelled: unknown;
  const stalled = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined), cancel: (why) => void (cancelled = why) });
  const importing = store.importEvents(stalled, { signal: controller.signal });
  setTimeout(() => controller.abort(reason));
  await expect(importing).rejects.toBe(reason);
  await expect.poll(() => cancelled).toBe(reason);
  await store.close();
});

it.each([['schemaVersion', 0], ['id', 'abc'], ['metadata', { userId: 5 }]])('of many lines of one stream, the one whose %s is wrong is told by its number', async (field, value) => {
  const store = await openEventStore({ storage: memoryStorage() });
  const lines = [1, 2, 3, 4].map((n) => JSON.stringify({ streamId: 'Order-1', type: 'A', data: n, ...(n === 3 && { [field]: value }) }));
  await expect(store.importEvents(new Blob([lines.join('\n')]))).rejects.toMatchObject({ code: 'INVALID_IMPORT', line: 3 });
  await store.close();
});
