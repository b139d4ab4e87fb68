import { expect, it } from 'vitest';
import { AppendQueue } from '../storage/append-queue.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { DocumentLog } from '../storage/storage.ts';
import { createVoid, type PendingCommit } from './pending-commit.ts';
import { Replica } from './replica.ts';
import { takeOver } from './take-over.ts';

async function openReplica(storage = memoryStorage(), wrap: (documents: DocumentLog) => DocumentLog = (documents) => documents): Promise<Replica> {
  const log = await storage.open(() => undefined);
  return new Replica(log, wrap(await log.documents()), new AppendQueue(log, () => undefined), () => undefined);
}

const commit = (order: number, stream: string): PendingCommit => ({
  order,
  seq: order,
  hash: `hash ${order}`,
  commitId: `commit ${order}`,
  writes: [{ stream, expected: 0, batches: [{ stream, count: 1, timestamp: 0, idBase: '018bcfe5-6800-7000-8000-0000000', events: '[["Noted",1]]' }] }],
});

it('takes an outbox over once: a tab that is late leaves what was appended since', async () => {
  const left = memoryStorage();
  const from = await openReplica(left);
  await from.outbox.create('client');
  await from.change(await from.outbox.look(), { added: [commit(1, 'Note-1'), createVoid(2, 2)] });
  const to = await openReplica();
  await to.outbox.create('client');

  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  // It has seen that nobody has taken over yet, and reads what there is while another one does.
  const late = await openReplica(left, (documents) => ({ ...documents, list: (range) => held.then(() => documents.list(range)), get: (keys) => documents.get(keys), write: (writes) => documents.write(writes) }));
  const takingLate = takeOver(late, to);
  await takeOver(from, to);
  await to.change(await to.outbox.look(), { added: [commit(3, 'Note-2')] });
  letGo();
  await takingLate;

  const { head, commits } = await to.outbox.look();
  expect(head).toMatchObject({ clientId: 'client', next: 4, seq: 4, movedFrom: from.log.epoch });
  expect(commits.map(({ order }) => order)).toEqual([1, 2, 3]);
});

it('goes on in one place only: the first tab to say where decides, and what others still pull is not written any more', async () => {
  const storage = memoryStorage();
  const [one, other] = [await openReplica(storage), await openReplica(storage)];
  await one.outbox.create('client');
  const known = await other.state();
  const page = { batches: [], coveredTo: 1, taken: { clientId: 'client', numbers: [] } };
  expect(await other.place(known, { epoch: 'server' }, page)).toMatchObject({ known: { state: { cursor: 1 } } });
  expect(await one.moveTo(1, known)).toBeUndefined();
  const { text, state } = await one.state();
  expect(await one.moveTo(1, { text, state })).toBe(1);
  expect(await other.moveTo(2, { text, state })).toBe(1);
  await expect(other.place({ text, state }, { epoch: 'server' }, { ...page, coveredTo: 2 })).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'MOVED' });
});
