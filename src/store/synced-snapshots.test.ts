import { describe, expect, it } from 'vitest';
import { aggregateStream } from '../aggregate/aggregate-stream.ts';
import { Aggregate, createRepository, type EvolvedEvent } from '../aggregate/aggregate.ts';
import type { Decider } from '../aggregate/decider.ts';
import { handleCommand } from '../aggregate/handle-command.ts';
import { everyNEvents } from '../aggregate/snapshot-policy.ts';
import type { Event } from '../event/event.ts';
import { NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { numbered } from '../testing/events.ts';
import { openEventStore } from './open-event-store.ts';
import { Server, upToDate } from './synced-store.test-fixture.ts';

type Counted = Event<'Counted', { n: number }>;

const counts: Decider<readonly number[], number, Counted> = {
  initialState: () => [],
  evolve: (numbers, { data }) => [...numbers, data.n],
  decide: (n) => ({ type: 'Counted', data: { n } }),
};

class Counts extends Aggregate<readonly number[], Counted> {
  protected initialState(): readonly number[] {
    return counts.initialState();
  }

  protected evolve(numbers: readonly number[], { data }: EvolvedEvent<Counted>): readonly number[] {
    return [...numbers, data.n];
  }

  count(n: number): void {
    this.apply({ type: 'Counted', data: { n } });
  }
}

const options = { snapshots: everyNEvents(2) };

describe('snapshots of a synced store', () => {
  it('are never of what is pending, which may come to something else', async () => {
    const server = new Server();
    const [store, other] = [await server.device<Counted>(), await server.device<Counted>()];
    store.sync.pause();
    await store.appendToStream('Count-1', NoStream, [1, 2].map((n) => ({ type: 'Counted', data: { n } })));
    expect(await aggregateStream(store, 'Count-1', counts, options)).toEqual({ state: [1, 2], version: 2 });
    await handleCommand(store, counts, options)('Count-1', 3);
    const repository = createRepository<readonly number[], Counted, Counts>(store, () => new Counts(), options);
    const aggregate = await repository.load('Count-1');
    aggregate.count(4);
    await repository.save('Count-1', aggregate);
    await other.appendToStream('Count-1', NoStream, [10, 20, 30, 40].map((n) => ({ type: 'Counted', data: { n } })));
    await upToDate(other);
    store.sync.resume();
    await upToDate(store);
    expect((await aggregateStream(store, 'Count-1', counts, options)).state).toEqual([10, 20, 30, 40]);
  });

  it('are kept of what was confirmed when a command is handled', async () => {
    const store = await new Server().device<Counted>();
    await store.appendToStream('Count-1', NoStream, [1, 2].map((n) => ({ type: 'Counted', data: { n } })));
    await upToDate(store);
    await handleCommand(store, counts, options)('Count-1', 3);
    expect(await store.snapshots.load('Count-1')).toMatchObject({ version: 2, data: [1, 2] });
    await upToDate(store);
    const repository = createRepository<readonly number[], Counted, Counts>(store, () => new Counts(), { snapshots: everyNEvents(3) });
    const aggregate = await repository.load('Count-1');
    aggregate.count(4);
    await repository.save('Count-1', aggregate);
    expect(await store.snapshots.load('Count-1')).toMatchObject({ version: 3, data: [1, 2, 3] });
  });

  it('go with a stream that was deleted on the server, and with a right that was taken away', async () => {
    const server = new Server();
    const opened: Storage[] = [];
    const storage = (generation: number): Storage => (opened[generation] ??= memoryStorage());
    const store = await server.device({ storage });
    for (const stream of ['Note-1', 'Task-1']) {
      await store.appendToStream(stream, NoStream, numbered(1));
      await store.snapshots.save({ streamId: stream, version: 1, data: 'secret' });
    }
    await upToDate(store);
    const back = await openEventStore({ storage: server.storage });
    await back.deleteStream('Note-1', 1);
    await back.close();
    await upToDate(store);
    expect(await store.snapshots.load('Note-1')).toBeUndefined();

    server.readable = { categories: ['Note'] };
    await store.sync.now();
    await store.close();
    await server.device({ storage });
    const left = await openEventStore({ storage: opened[0]! });
    expect(await left.snapshots.load('Task-1')).toBeUndefined();
    await left.close();
  });
});
