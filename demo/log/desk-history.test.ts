import { openEventStore } from 'ermine';
import { memoryStorage } from 'ermine/memory';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { DESK_VERSION } from '../desk/desk-snapshot.ts';
import { emptyDesk, evolve } from '../desk/desk.ts';
import { permitEvents, type PermitStore } from '../desk/permit-events.ts';
import { sampleEvents } from '../desk/sample-events.test-fixture.ts';
import { DeskHistory } from './desk-history.ts';

// Each test imports the whole log.
vi.setConfig({ testTimeout: 30_000 });

const POSITIONS = [4321, 4320, 8577, 0, 1, 1023, 1024, 1025];
const folded = (position: number) => evolve(emptyDesk, sampleEvents.slice(0, position));

async function openSample(): Promise<PermitStore> {
  const store = await openEventStore({ storage: memoryStorage(), events: permitEvents });
  await store.importEvents(new Blob([gunzipSync(readFileSync(new URL('../public/permits.ndjson.gz', import.meta.url)))]));
  return store;
}

test('the desk at any position is what its events give, before there are snapshots and with them', async () => {
  const store = await openSample();
  for (let round = 0; round < 2; round++) {
    const history = new DeskHistory(store);
    for (const position of POSITIONS) expect(await history.deskAt(position)).toEqual(folded(position));
  }
  await store.close();
});

test('with snapshots, the end of the log and a stretch of the past are there without reading what came before', async () => {
  const store = await openSample();
  new DeskHistory(store).fold(emptyDesk, sampleEvents);
  await vi.waitFor(async () => expect((await new DeskHistory(store).lastKept(8577)).position).toBe(8192));
  expect(await new DeskHistory(store).lastKept(8577)).toEqual(folded(8192));
  const readAll = vi.spyOn(store, 'readAll');
  const history = new DeskHistory(store);
  for (const position of [4500, 4501, 4096, 5120]) await history.deskAt(position);
  expect(readAll.mock.calls).toEqual([[{ fromPosition: 4097 }]]);
  await store.close();
});

test('snapshots that are broken, or of another version of the fold, are passed over and made anew', async () => {
  const store = await openSample();
  const save = (position: number, data: unknown, reducerVersion: string | number = DESK_VERSION): Promise<void> =>
    store.snapshots.save({ streamId: `Desk-${position}`, version: position, data, reducerVersion });
  await save(4096, { timestamp: 'not a desk' });
  await save(3072, null);
  await save(2048, 'of an older fold', DESK_VERSION - 1);
  const history = new DeskHistory(store);
  expect(await history.lastKept(4096)).toEqual(emptyDesk);
  expect(await history.deskAt(4200)).toEqual(folded(4200));
  await vi.waitFor(async () => expect(await history.lastKept(4200)).toEqual(folded(4096)));
  await store.close();
});

test('what was erased is in no snapshot any more', async () => {
  const store = await openSample();
  const history = new DeskHistory(store);
  await history.deskAt(8577);
  await vi.waitFor(async () => expect((await history.lastKept(8577)).position).toBe(8192));
  await store.deleteStream('Permit-case-11458', -1);
  await history.forget(8578);
  expect(await history.lastKept(8578)).toEqual(emptyDesk);
  expect((await history.deskAt(8400)).cases.has('Permit-case-11458')).toBe(false);
  await store.close();
});
