import { filter, firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { shown, upToDate } from '../store/synced-store.test-fixture.ts';
import type { SyncedStore } from '../store/synced-store.ts';
import { identified, named, numbered, positionsOf, range, toArray } from '../testing/events.ts';
import { until } from '../testing/wait.ts';
import { RealServer, type Wire } from './real-server.test-env.ts';

const namesOf = (data: readonly unknown[]): string[] => data.map((one) => (one as { name: string }).name);
const namesIn = async (store: SyncedStore): Promise<string[]> => namesOf((await toArray(store.readAll())).map(({ data }) => data));
const resultsOf = async (response: Response): Promise<string[]> => ((await response.clone().json()) as { results: { status: string }[] }).results.map(({ status }) => status);

describe('sync with a real server', () => {
  it('brings what was appended together in pages that begin and end within it', async () => {
    const server = await RealServer.start({ maxPullEvents: 3 });
    const [a, b] = [await server.device(), await server.device()];
    await a.appendToStream('Note-1', NoStream, numbered(10));
    await a.appendToStream('Note-2', NoStream, identified(5, 11));
    await upToDate(a, b);
    expect(await toArray(b.readAll())).toEqual(await toArray(a.readAll()));
    expect(await server.contents()).toEqual(range(1, 15).map((n) => ({ n })));
  });

  it('33 refuses a push that arrives after its commit was rebased and accepted, and has every event once', async () => {
    const server = await RealServer.start();
    const storage = memoryStorage();
    const conflicts = { Counter: 'rebase' } as const;
    let letGo: () => void = () => undefined;
    const isLetGo = new Promise<void>((resolve) => (letGo = resolve));
    const answers: string[][] = [];
    let held = false;
    const wire: Wire = async (route, body, send) => {
      if (route !== 'push' || held) return send(body);
      held = true;
      await isLetGo;
      const answer = await send(body);
      answers.push(await resultsOf(answer));
      return answer;
    };
    const sleeping = await server.device({ storage, conflicts, wire });
    await sleeping.appendToStream('Counter-1', NoStream, named('mine'));
    await until('a push is under way', () => held);
    const other = await server.device();
    await other.appendToStream('Counter-1', NoStream, named('theirs'));
    await upToDate(other);
    const sameDevice = await server.device({ storage, conflicts });
    await upToDate(sameDevice);
    expect(namesOf(await server.contents())).toEqual(['theirs', 'mine']);
    letGo();
    await upToDate(sleeping, other);
    expect(answers).toEqual([['taken']]);
    expect(namesOf(await server.contents())).toEqual(['theirs', 'mine']);
    for (const store of [sleeping, sameDevice, other]) {
      expect(await namesIn(store)).toEqual(['theirs', 'mine']);
      expect([await firstValueFrom(store.sync.pending$), await firstValueFrom(store.sync.rejected$)]).toEqual([[], []]);
    }
  });

  it('35 applies nothing after a conflict at commit 2 of 5, and the rest in order once it is settled', async () => {
    const server = await RealServer.start();
    const other = await server.device();
    await other.appendToStream('Note-2', NoStream, named('theirs'));
    await upToDate(other);
    const answers: string[][] = [];
    let online = false;
    const store = await server.device({
      async wire(route, body, send) {
        if (!online) throw new TypeError('offline');
        const answer = await send(body);
        // After the first push it is cut off again.
        if (route === 'push' && answers.push(await resultsOf(answer)) === 1) online = false;
        return answer;
      },
    });
    for (const n of range(1, 5)) await store.appendToStream(`Note-${n}`, NoStream, named(`mine ${n}`));
    online = true;
    await store.sync.now();
    expect(answers).toEqual([['accepted', 'conflict']]);
    expect(namesOf(await server.contents())).toEqual(['theirs', 'mine 1']);
    online = true;
    await upToDate(store);
    expect(namesOf(await server.contents())).toEqual(['theirs', 'mine 1', 'mine 3', 'mine 4', 'mine 5']);
    expect(await firstValueFrom(store.sync.rejected$)).toMatchObject([{ events: [{ data: { name: 'mine 2' } }], reason: { code: 'CONCURRENCY_CONFLICT' } }]);
  });

  it('36 finds out that the server was restored from an older backup, and wipes nothing', async () => {
    const server = await RealServer.start();
    let online = true;
    const wire: Wire = (_, body, send) => {
      if (!online) throw new TypeError('offline');
      return send(body);
    };
    const [ahead, behind] = [await server.device({ wire }), await server.device()];
    await ahead.appendToStream('Note-1', NoStream, numbered(2));
    await upToDate(ahead, behind);
    behind.sync.pause();
    await firstValueFrom(behind.sync.status$.pipe(filter(({ state }) => state === 'paused')));
    await server.backUp();
    await ahead.appendToStream('Note-1', 2, numbered(2, 3));
    await upToDate(ahead);
    online = false;
    await ahead.appendToStream('Note-1', 4, numbered(1, 5));
    await server.restore();
    online = true;

    await ahead.sync.now();
    expect(await firstValueFrom(ahead.sync.status$)).toMatchObject({ state: 'stuck', final: true, error: { code: 'SYNC_STOPPED', reason: 'HISTORY_LOST' } });
    expect(shown(await ahead.loadStream('Note-1'))).toEqual(['1@1 {"n":1}', '2@2 {"n":2}', '3@3 {"n":3}', '4@4 {"n":4}', '5@Infinity pending {"n":5}']);
    await ahead.appendToStream('Note-1', 5, numbered(1, 6));
    expect(await firstValueFrom(ahead.sync.pending$)).toHaveLength(2);
    expect(await server.contents()).toEqual([{ n: 1 }, { n: 2 }]);

    // Another history over the same positions does not deceive it.
    behind.sync.resume();
    await behind.appendToStream('Note-1', 2, numbered(4, 30));
    await upToDate(behind);
    await ahead.sync.now();
    expect(await firstValueFrom(ahead.sync.status$)).toMatchObject({ state: 'stuck', error: { reason: 'HISTORY_LOST' } });
    expect(await toArray(ahead.readAll())).toHaveLength(4);
    expect(await firstValueFrom(ahead.sync.pending$)).toHaveLength(2);
  });

  it('38 keeps the order of the commits when clocks are a year off and go backwards', async () => {
    const server = await RealServer.start();
    const YEAR_MS = 365 * 86_400_000;
    let backwards = Date.now();
    const clocks = [() => Date.now() + YEAR_MS, () => Date.now() - YEAR_MS, () => (backwards -= 3_600_000)];
    const devices = await Promise.all(clocks.map((clock) => server.device({ clock })));
    const seen: number[] = [];
    const following = devices[2]!.subscribeToAll(0).subscribe(({ data }) => seen.push((data as { n: number }).n));
    for (const n of range(0, 11)) {
      const device = devices[n % 3]!;
      await upToDate(device);
      await device.appendToStream('Note-1', n, numbered(1, n));
      await upToDate(device);
    }
    await upToDate(...devices);
    for (const device of devices) {
      const events = await toArray(device.readAll());
      expect(events.map(({ data }) => (data as { n: number }).n)).toEqual(range(0, 11));
      expect(positionsOf(events)).toEqual(range(1, 12));
      expect(await device.loadStreamFrom('Note-1', 7)).toEqual(events.slice(6));
      const times = events.map(({ timestamp }) => timestamp);
      expect(times).not.toEqual(times.toSorted((a, b) => a - b));
    }
    await until('the subscription has them all', () => seen.length === 12);
    expect(seen).toEqual(range(0, 11));
    following.unsubscribe();
  });
});
