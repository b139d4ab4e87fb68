import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Decider } from '../aggregate/decider.ts';
import { handleCommand } from '../aggregate/handle-command.ts';
import type { Event } from '../event/event.ts';
import { defineEvents, eventType } from '../event/event-registry.ts';
import { streamIdToString } from '../event/stream-id.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { messagePackSerializer } from '../serializer/message-pack.ts';
import { reject } from '../sync/conflict-policy.ts';
import { named, numbered, toArray } from '../testing/events.ts';
import { redecideWith } from './redecide-with.ts';
import { Server, shown, upToDate } from './synced-store.test-fixture.ts';

describe('a synced store in conflict', () => {
  it('rejects what was decided on a stream that somebody else has moved, into the dead letters, and nothing else', async () => {
    const server = new Server();
    const [a, b] = [await server.device(), await server.device()];
    await a.appendToStream('Note-1', NoStream, [{ type: 'Noted', data: 'first' }]);
    await upToDate(a, b);
    server.online = false;
    await a.appendToStream('Note-1', 1, [{ type: 'Noted', data: 'of a' }]);
    await b.appendToStream('Note-1', 1, [{ type: 'Noted', data: 'of b' }]);
    await b.appendToStream('Note-1', 2, [{ type: 'Noted', data: 'of b, after it' }]);
    await b.appendToStream('Note-2', NoStream, [{ type: 'Noted', data: 'elsewhere' }]);
    server.online = true;
    await upToDate(a, b, a);
    for (const store of [a, b]) expect(shown(await store.loadStream('Note-1'))).toEqual(['1@1 "first"', '2@2 "of a"']);
    expect(await a.loadStream('Note-2')).toHaveLength(1);
    const rejected = await firstValueFrom(b.sync.rejected$);
    expect(rejected).toMatchObject([
      { events: [{ data: 'of b' }], reason: { code: 'CONCURRENCY_CONFLICT', expectedVersion: 1, actualVersion: 2 } },
      { events: [{ data: 'of b, after it' }] },
    ]);
    await b.sync.retry(rejected[0]!.commitId);
    await b.sync.edit(rejected[1]!.commitId, [{ type: 'Noted', data: 'mended' }]);
    await upToDate(b, a);
    expect(shown(await a.loadStream('Note-1')).slice(2)).toEqual(['3@4 "of b"', '4@5 "mended"']);
    expect(await firstValueFrom(b.sync.rejected$)).toEqual([]);
    await expect(b.sync.discard('no-such-commit')).rejects.toMatchObject({ code: 'SYNC_REFUSED', reason: 'UNKNOWN_COMMIT' });
  });

  it('decides anew, gives up with a reason, rebases, or keeps both, as the category’s policy says', async () => {
    const server = new Server();
    const a = await server.device();
    const b = await server.device({
      conflicts: {
        Seat: { redecide: (command: { who: string }, events) => (events.length < 3 ? { type: 'Taken', data: { who: command.who, place: events.length + 1 } } : reject('sold out')) },
        Counter: 'rebase',
        Text: 'keepBoth',
      },
    });
    server.online = false;
    for (const [i, store] of [a, b].entries()) {
      await store.appendToStream('Seat-1', NoStream, [{ type: 'Taken', data: { who: i, place: 1 } }], { command: { who: i } });
      await store.appendToStream('Seat-2', NoStream, numbered(i === 0 ? 3 : 1), { command: { who: i } });
      await store.appendToStream('Counter-1', NoStream, [{ type: 'Added', data: i }]);
      await store.appendToStream('Text-1', NoStream, [{ type: 'Written', data: `by ${i}` }]);
    }
    server.online = true;
    await upToDate(a, b, a);
    expect((await a.loadStream('Seat-1')).map(({ data }) => data)).toEqual([{ who: 0, place: 1 }, { who: 1, place: 2 }]);
    expect((await a.loadStream('Counter-1')).map(({ data }) => data)).toEqual([0, 1]);
    const texts = (await toArray(a.listStreams({ category: 'Text' }))).map(({ streamId }) => streamId);
    expect(texts).toHaveLength(2);
    expect((await a.loadStream(texts[1]!)).map(({ data }) => data)).toEqual(['by 1']);
    expect(await firstValueFrom(b.sync.rejected$)).toMatchObject([{ reason: { code: 'REJECTED', message: 'sold out' } }]);
  });

  it('has a decider decide anew on its command, which is known again, and gives up with what the decider says', async () => {
    type Taken = Event<'Taken', { who: string; place: number }>;
    const seats: Decider<number, { who: string }, Taken> = {
      initialState: () => 0,
      evolve: (taken) => taken + 1,
      decide: ({ who }, taken) => {
        if (taken === 3) throw new Error('All seats are taken.');
        return { type: 'Taken', data: { who, place: taken + 1 } };
      },
    };
    const server = new Server();
    const [a, b] = [await server.device(), await server.device({ conflicts: { Seat: redecideWith(seats) } })];
    const [atA, atB] = [handleCommand(a, seats), handleCommand(b, seats)];
    server.online = false;
    for (const who of ['Ada', 'Alan']) await atA('Seat-1', { who });
    const first = await atB('Seat-1', { who: 'Bea' }, { commandId: 'b-1', metadata: { userId: 'bea' } });
    await atB('Seat-1', { who: 'Ben' }, { commandId: 'b-2' });
    await atB('Seat-1', { who: 'Bo' }, { expectedVersion: 2 });
    server.online = true;
    await upToDate(a, b, a);
    expect((await a.loadStream('Seat-1')).map(({ data }) => data)).toEqual([{ who: 'Ada', place: 1 }, { who: 'Alan', place: 2 }, { who: 'Bea', place: 3 }]);
    expect((await a.loadStream('Seat-1'))[2]).toMatchObject({ metadata: { userId: 'bea', causationId: 'b-1' } });
    for (const handle of [atA, atB]) expect(await handle('Seat-1', { who: 'Bea' }, { commandId: 'b-1' })).toMatchObject({ deduplicated: true, version: 3 });
    expect(first).toMatchObject({ version: 1, deduplicated: false });
    const rejected = await firstValueFrom(b.sync.rejected$);
    expect(rejected.map(({ reason }) => reason.message)).toEqual(['All seats are taken.', 'Stream "Seat-1" is at version 3, expected 2.']);
  });

  it('keeps both in siblings whose names fit and differ, however long the names of the streams are', async () => {
    const server = new Server();
    const [a, b] = [await server.device(), await server.device({ conflicts: { '*': 'keepBoth' } })];
    // The cut comes within a pair of surrogates.
    const alike = `${'c'.repeat(250)}-${'🎈'.repeat(124)}`;
    const streams = [`${alike}1`, `${alike}`, `Note-${'n'.repeat(483)}`];
    server.online = false;
    for (const stream of streams) await a.appendToStream(stream, NoStream, named('of a'));
    await b.appendToStreams(streams.map((streamId) => ({ streamId, expectedVersion: NoStream, events: named('of b') })));
    server.online = true;
    await upToDate(a, b, a);
    expect([await firstValueFrom(b.sync.pending$), await firstValueFrom(b.sync.rejected$)]).toEqual([[], []]);
    const names = (await toArray(a.listStreams())).map(({ streamId }) => streamIdToString(streamId));
    const siblings = names.filter((name) => !streams.includes(name));
    expect([siblings.length, ...siblings.map((name) => name.length <= 500)]).toEqual([3, true, true, true]);
    expect(siblings.map((name) => name.slice(0, 400)).toSorted()).toEqual(streams.map((name) => name.slice(0, 400)).toSorted());
  });

  it('takes the events of an edit as they are during the call, whatever becomes of them after it', async () => {
    const events = defineEvents({ Noted: eventType<{ text: string }>() });
    for (const options of [{}, { events, serializer: messagePackSerializer() }]) {
      const server = new Server();
      const [a, b] = [await server.device(), await server.device(options)];
      server.online = false;
      for (const store of [a, b]) await store.appendToStream('Note-1', NoStream, [{ type: 'Noted', data: { text: 'first' } }]);
      server.online = true;
      await upToDate(a, b);
      const [rejected] = await firstValueFrom(b.sync.rejected$);
      const data = { text: 'mended' };
      const editing = b.sync.edit(rejected!.commitId, [{ type: 'Noted', data }]);
      data.text = 'changed';
      await editing;
      await upToDate(b);
      expect((await b.loadStream('Note-1')).map((event) => event.data)).toEqual([{ text: 'first' }, { text: 'mended' }]);
    }
  });

  it('is not opened with a policy that is none', async () => {
    for (const policy of ['keepboth', undefined, null, {}, { redecide: 'yes' }, () => 'reject']) {
      await expect(new Server().device({ conflicts: { Note: policy as never } })).rejects.toThrow(/^conflicts\.Note is not a policy/);
    }
  });

  it('stops only the stream whose policy throws, says so, and goes on with it when it can', async () => {
    const server = new Server();
    let broken = true;
    const a = await server.device();
    const b = await server.device({
      conflicts: {
        Bad: {
          redecide: (command) => {
            if (broken) throw new Error('cannot decide');
            return [{ type: 'Decided', data: command }];
          },
        },
      },
    });
    server.online = false;
    await a.appendToStream('Bad-1', NoStream, numbered(1));
    await b.appendToStream('Bad-1', NoStream, numbered(1), { command: 'mine' });
    await b.appendToStream('Good-1', NoStream, numbered(1));
    server.online = true;
    await upToDate(a, b);
    await b.appendToStream('Bad-1', AnyVersion, [{ type: 'Later', data: 1 }]);
    await upToDate(b, a);
    expect(await a.loadStream('Good-1')).toHaveLength(1);
    expect(await a.loadStream('Bad-1')).toHaveLength(1);
    expect((await firstValueFrom(b.sync.pending$)).map(({ stuck }) => stuck)).toEqual(['cannot decide', 'An earlier commit of the stream is stuck.']);
    broken = false;
    await upToDate(b, a);
    expect((await a.loadStream('Bad-1')).map(({ type }) => type)).toEqual(['Counted', 'Decided', 'Later']);
  });

  it('decides on the command as it was given, whatever a policy, or who is shown it, does to it', async () => {
    type Command = { wanted: number[] };
    const server = new Server();
    let broken = true;
    const redecide = (command: Command): { type: string; data: unknown } => {
      const first = command.wanted.shift();
      if (broken) throw new Error('cannot decide');
      return { type: 'Taken', data: first };
    };
    const [a, b] = [await server.device(), await server.device({ conflicts: { Seat: { redecide } } })];
    server.online = false;
    for (const store of [a, b]) await store.appendToStream('Seat-1', NoStream, numbered(1), { command: { wanted: [1, 2, 3] } });
    server.online = true;
    await upToDate(a, b, b);
    (((await firstValueFrom(b.sync.pending$))[0]!.command) as Command).wanted.shift();
    broken = false;
    await upToDate(b);
    expect((await b.loadStream('Seat-1'))[1]).toMatchObject({ type: 'Taken', data: 1 });
  });

  it('comes to an end with a slow policy while the user goes on', async () => {
    const server = new Server();
    let asked = 0;
    const [a, b] = [await server.device(), await server.device({
      conflicts: {
        Seat: {
          async redecide(command) {
            // Something is appended whenever the policy thinks.
            await b.appendToStream('Click-1', AnyVersion, numbered(1, ++asked));
            return { type: 'Taken', data: command };
          },
        },
      },
    })];
    server.online = false;
    for (const store of [a, b]) await store.appendToStream('Seat-1', NoStream, numbered(1), { command: 'mine' });
    server.online = true;
    await upToDate(a, b);
    expect(await b.loadStream('Seat-1')).toMatchObject([{ version: 1 }, { version: 2, type: 'Taken' }]);
    expect([asked, (await b.loadStream('Click-1')).length]).toEqual([1, 1]);
  });

  it('keeps a commit whose policy gives no events, and a dead letter that is to be replaced by nothing', async () => {
    const server = new Server();
    const nonsense: unknown[] = [{ typ: 'Noted' }, undefined, 'rejected'];
    const policy = { redecide: () => nonsense.shift() as never };
    const [store, other] = [await server.device({ conflicts: { Task: policy }, paused: true }), await server.device()];
    for (const stream of ['Task-1', 'Task-2', 'Task-3', 'Note-1']) {
      await store.appendToStream(stream, NoStream, numbered(1), { command: 'do' });
      await other.appendToStream(stream, NoStream, numbered(1));
    }
    await upToDate(other);
    store.sync.resume();
    await upToDate(store);
    const pending = await firstValueFrom(store.sync.pending$);
    expect(pending.map(({ stuck }) => typeof stuck)).toEqual(['string', 'string', 'string']);
    const [rejected] = await firstValueFrom(store.sync.rejected$);
    await expect(store.sync.edit(rejected!.commitId, [])).rejects.toMatchObject({ code: 'NO_EVENTS' });
    await expect(store.sync.edit(rejected!.commitId, { type: 'Noted', data: 1 } as never)).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    expect(await firstValueFrom(store.sync.rejected$)).toHaveLength(1);
  });
});
