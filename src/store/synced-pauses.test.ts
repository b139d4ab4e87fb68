import { firstValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { MAX_UNCONFIRMED_COMMITS } from '../sync/protocol.ts';
import { httpTransport, type Transport } from '../sync/transport.ts';
import { numbered } from '../testing/events.ts';
import { record } from '../testing/recording.ts';
import { nextTask, until } from '../testing/wait.ts';
import { Server, upToDate } from './synced-store.test-fixture.ts';

describe('a synced store that is paused or closed', () => {
  it('sends nothing more from the moment on, also within a long push, and goes on later', async () => {
    const server = new Server();
    let pushes = 0;
    const inner = server.transport();
    const transport: Transport = {
      ...inner,
      async send(route, body, signal) {
        if (route === 'push' && ++pushes === 2) store.sync.pause();
        return inner.send(route, body, signal);
      },
    };
    const store = await server.device({ transport, paused: true });
    const events = 2 * MAX_UNCONFIRMED_COMMITS + 1;
    await Promise.all(Array.from({ length: events }, (_, n) => store.appendToStream(`Note-${n}`, NoStream, numbered(1, n))));
    const status = record(store.sync.status$);
    store.sync.resume();
    await status.until('it is paused again', (states) => states.length > 1 && states.at(-1)!.state === 'paused');
    expect(status.values.map(({ state }) => state)).not.toContain('offline');
    expect(pushes).toBe(2);
    store.sync.resume();
    await upToDate(store);
    expect((await store.head()).position).toBe(events);
    status.subscription.unsubscribe();
  });

  it('goes on when whoever hears that it is paused says so at once', async () => {
    const store = await new Server().device();
    await upToDate(store);
    const states: string[] = [];
    const following = store.sync.status$.subscribe(({ state }) => {
      states.push(state);
      if (state === 'paused') store.sync.resume();
    });
    store.sync.pause();
    await until('it is up to date again', () => states.includes('paused') && states.at(-1) === 'upToDate');
    following.unsubscribe();
  });

  it('says again after a pause why it does not go on', async () => {
    const storage = memoryStorage();
    const before = await new Server().device({ storage });
    await upToDate(before);
    await before.close();
    // Of a server with another log.
    const store = await new Server().device({ storage });
    const showing = (state: string): Promise<void> => until(`it is ${state}`, async () => (await firstValueFrom(store.sync.status$)).state === state);
    await showing('stuck');
    store.sync.pause();
    await showing('paused');
    store.sync.resume();
    await showing('stuck');
  });

  it('closes although a token never comes, a transport does not end, or a policy takes for ever', async () => {
    const server = new Server();
    const never = (): Promise<never> => new Promise(() => undefined);
    const asked: string[] = [];
    const waiting = (name: string) => (): Promise<never> => (asked.push(name), never());
    const http = httpTransport({ url: 'https://sync.test', token: waiting('token') });
    const stores = [
      await server.device({ transport: http }),
      await server.device({ transport: { send: waiting('transport'), live: never } }),
      await server.device({ conflicts: { Note: { redecide: waiting('policy') } }, paused: true }),
    ];
    const other = await server.device();
    await other.appendToStream('Note-1', NoStream, numbered(1));
    await upToDate(other);
    await stores[2]!.appendToStream('Note-1', NoStream, numbered(1), { command: 1 });
    stores[2]!.sync.resume();
    await until('all of them wait', () => asked.length === 3);
    // A pause cuts off what does not end as well.
    stores[2]!.sync.pause();
    await until('it is paused', async () => (await firstValueFrom(stores[2]!.sync.status$)).state === 'paused');
    await Promise.all(stores.map((store) => store.close()));
  });

  it('asks for a token again when none came in time', async () => {
    const server = new Server();
    let asked = 0;
    const token = (): string | Promise<string> => (++asked === 1 ? new Promise(() => undefined) : 'ada');
    const store = await server.device({ transport: server.transport({ token, timeoutMs: 50 }) });
    const status = record(store.sync.status$);
    await status.until('it is up to date', (states) => states.at(-1)!.state === 'upToDate');
    expect(status.values.map(({ state }) => state)).toContain('offline');
    status.subscription.unsubscribe();
  });

  it('ends what was begun with the dead letters, at whatever moment it is closed', async () => {
    const server = new Server();
    const storage = memoryStorage();
    const [store, other] = [await server.device({ storage, paused: true }), await server.device()];
    const moments = Array.from({ length: 12 }, (_, turns) => turns);
    for (const n of moments) for (const device of [store, other]) await device.appendToStream(`Note-${n}`, NoStream, numbered(1));
    await upToDate(other);
    store.sync.resume();
    await upToDate(store);
    const rejected = await firstValueFrom(store.sync.rejected$);
    for (const turns of moments) {
      const tab = await server.device({ storage, paused: true });
      const discarding = tab.sync.discard(rejected[turns]!.commitId).then(() => 'done', (error: { code?: unknown }) => error.code);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await tab.close();
      expect(await discarding, `closed after ${turns} turns`).toBe('done');
    }
  });

  it('takes over in time what is appended after the tab that leads was frozen, also when nothing waited for long', async () => {
    // The one that leads keeps its lock, and never does anything.
    const locks = { request: () => new Promise(() => undefined) };
    const store = await new Server().device({ locks, takeoverMs: 1 });
    await until('it stands by', async () => (await firstValueFrom(store.sync.status$)).state === 'standby');
    // Longer than it waits for what waits.
    for (let turn = 0; turn < 20; turn++) await nextTask();
    await store.appendToStream('Note-1', NoStream, numbered(1));
    await until('it is confirmed', async () => (await store.head()).position === 1);
  });

  it('gives the lock back that it gets at the moment of closing', async () => {
    let grant = (): Promise<void> => Promise.reject(new Error('nobody has asked for the lock'));
    const locks = { request: (_name: string, _options: object, held: () => Promise<void>) => new Promise<void>((resolve) => (grant = () => held().then(resolve))) };
    const store = await new Server().device({ locks });
    await store.close();
    await grant();
  });

  it('asks seldom when it is told to ask more seldom than a timer can wait', async () => {
    const server = new Server();
    let requests = 0;
    const inner = server.transport();
    const send: Transport['send'] = (...message) => (requests++, inner.send(...message));
    const store = await server.device({ transport: { ...inner, send }, syncIntervalMs: 2 ** 31 });
    await upToDate(store);
    const before = requests;
    // As many turns of the event loop as timers of no time need.
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(requests - before).toBeLessThan(3);
  });
});
