import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { defineSerializer } from '../event/define-serializer.ts';
import { isErmineError } from '../event/errors.ts';
import { AnyVersion, NoStream } from '../event/version.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import { sqliteStorage } from '../storage/sqlite/node-sqlite-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { record } from '../testing/recording.ts';
import { seedOfRun } from '../testing/seed.test-env.ts';
import { copyStore, type CopyProgress } from './copy-store.ts';
import { dump, fill } from './copy.test-fixture.ts';
import { openEventStore } from './open-event-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'ermine-copy-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of the events that the import brought along as bytes. */
const serializer = defineSerializer({ format: 'packed', serialize: () => new Uint8Array(), deserialize: (bytes) => [...bytes] });

let files = 0;
const onFile = (): Storage => sqliteStorage({ name: 'copy', file: join(folder, `${files++}.db`), durability: 'relaxed' });
const ways: Readonly<Record<string, readonly [from: () => Storage, to: () => Storage]>> = {
  'memory to memory': [memoryStorage, memoryStorage],
  'memory to SQLite': [memoryStorage, onFile],
  'SQLite to memory': [onFile, memoryStorage],
  'SQLite to SQLite': [onFile, onFile],
};

async function append(storage: Storage, stream: string, count: number): Promise<void> {
  const store = await openEventStore({ storage });
  await store.appendToStream(stream, AnyVersion, Array.from({ length: count }, (_, n) => ({ type: 'Noted', data: { n } })));
  await store.close();
}

/** Copies until so much is there. */
async function copyPartly(from: Storage, to: Storage, enough = 0): Promise<void> {
  const stop = new AbortController();
  const copying = copyStore(from, to, { signal: stop.signal, onProgress: ({ copied }) => copied > enough && stop.abort() });
  await expect(copying).rejects.toMatchObject({ name: 'AbortError' });
}

describe.each(Object.entries(ways))('a copy from %s', (_, [from, to]) => {
  test('knows the ids of erased events as little as the source', async () => {
    const [source, target] = [from(), to()];
    const ids = [crypto.randomUUID(), crypto.randomUUID()];
    const noted = ids.map((id) => ({ type: 'Noted', data: null, id }));
    const store = await openEventStore({ storage: source });
    await store.appendToStream('Note-1', NoStream, noted);
    await store.truncateStream('Note-1', 3);
    await store.close();
    await copyStore(source, target);
    for (const storage of [source, target]) {
      const copy = await openEventStore({ storage });
      expect(await copy.appendToStream('Note-2', NoStream, noted.slice(0, 1))).toEqual({ version: 1, globalPosition: 3, deduplicated: false });
      await copy.close();
    }
  });

  test('has every event, version, position, id, time and stream of the source, and nothing of what was erased', async () => {
    const [source, target] = [from(), to()];
    await fill(source);
    const progress: CopyProgress[] = [];
    const result = await copyStore(source, target, { onProgress: (each) => progress.push(each) });
    const log = await dump(source);
    expect(await dump(target)).toEqual(log);
    expect(result).toEqual({ copied: log.events.length, events: log.events.length, position: log.head });
    expect(progress.at(-1)).toEqual({ copied: log.head, verified: log.head, total: log.head });
    for (const [i, { copied, verified }] of progress.slice(1).entries()) expect(copied + verified).toBeGreaterThanOrEqual(progress[i]!.copied + progress[i]!.verified);
    expect(progress.some(({ copied, verified }) => verified === 0 && copied < log.head)).toBe(true);
    expect(progress.some(({ verified }) => verified > 0 && verified < log.head)).toBe(true);
  });

  test('goes on as the source would: versions, positions, repeated appends, deleted streams, subscriptions, correlations', async () => {
    const [source, target] = [from(), to()];
    await fill(source);
    await copyStore(source, target);
    const stores = await Promise.all([source, target].map((storage) => openEventStore({ storage, serializer })));
    const uses = stores.map(async (store) => {
      const failure = await store.appendToStream('Secret-1', AnyVersion, [{ type: 'Noted', data: 1 }]).catch((error: Error) => error.message);
      const [event] = await store.loadStreamRange('Import-2', 1, 1);
      const repeated = await store.appendToStream('Import-2', AnyVersion, [{ type: event!.type, data: event!.data, id: event!.id }]);
      const emptied = await store.appendToStream('Part-8', 6, [{ type: 'Noted', data: 1, id: '0190a000-0000-7000-8000-ffffffffffff' }]);
      const correlated: number[] = [];
      for await (const { globalPosition } of store.readAll({ filter: { correlationId: 'run-3' } })) correlated.push(globalPosition);
      const head = (await store.head()).position;
      const seen = await record(store.subscribeToAll(0)).until('the end', (events) => events.at(-1)?.globalPosition === head);
      return { failure, repeated, emptied, correlated, seen: seen.map(({ globalPosition }) => globalPosition) };
    });
    const [inSource, inTarget] = await Promise.all(uses);
    expect(inTarget).toEqual(inSource);
    expect(inSource).toMatchObject({ failure: expect.stringContaining('was deleted'), repeated: { deduplicated: true }, emptied: { version: 7 } });
    expect(inSource!.correlated.length).toBe(100);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('that was stopped goes on where it stopped, and takes along what the source got meanwhile', async () => {
    const [source, target] = [from(), to()];
    await fill(source);
    await copyPartly(source, target);
    const partly = (await dump(target)).events.length;
    await append(source, 'Note-9', 10);
    const log = await dump(source);
    expect(partly).toBeGreaterThan(0);
    expect(partly).toBeLessThan(log.events.length);
    expect(await copyStore(source, target)).toEqual({ copied: log.events.length - partly, events: log.events.length, position: log.head });
    expect(await dump(target)).toEqual(log);
    expect((await copyStore(source, target)).copied).toBe(0);
  });

  test('into another log is refused, and changes nothing', async () => {
    const [source, target] = [from(), to()];
    await fill(source);
    await append(target, 'Note-1', 5);
    const before = await dump(target);
    await expect(copyStore(source, target)).rejects.toMatchObject({ name: 'CopyRefusedError', code: 'COPY_REFUSED', reason: 'OTHER_LOG', position: 1 });
    expect(await dump(target)).toEqual(before);
  });

  test('into a log that has gone on by itself is refused at the first event that is not of the source', async () => {
    const [source, target] = [from(), to()];
    await append(source, 'Note-1', 3);
    await copyStore(source, target);
    await append(target, 'Note-1', 1);
    await expect(copyStore(source, target)).rejects.toMatchObject({ reason: 'OTHER_LOG', position: 4 });
    await append(source, 'Note-1', 2);
    await expect(copyStore(source, target)).rejects.toMatchObject({ reason: 'OTHER_LOG', position: 4 });
  });
});

test('what is erased in the source while it is copied is found', async () => {
  const [source, target] = [memoryStorage(), memoryStorage()];
  await fill(source);
  const store = await openEventStore({ storage: source });
  // Its code is loaded by now.
  await store.truncateStream('Note-1', 1);
  let erased: Promise<unknown> | undefined;
  const copying = copyStore(source, target, { onProgress: ({ copied }) => copied > 0 && (erased ??= store.truncateStream('Note-1', 310)) });
  await expect(copying).rejects.toMatchObject({ code: 'COPY_REFUSED', reason: 'CHANGED', position: 300 });
  await store.close();
});

test('what others write to the target while it is copied is found', async () => {
  const [source, target] = [memoryStorage(), memoryStorage()];
  await fill(source);
  let written: Promise<void> | undefined;
  const copying = copyStore(source, target, { onProgress: ({ copied, total }) => copied < total && (written ??= append(target, 'Foreign-1', 1)) });
  const error = await copying.catch((caught: unknown) => caught);
  expect(isErmineError(error, 'COPY_REFUSED') && error.reason).toBe('CHANGED');
});

test('two copies at once into one target help each other', async () => {
  const [source, target] = [memoryStorage(), onFile()];
  await fill(source);
  const log = await dump(source);
  const results = await Promise.all([copyStore(source, target), copyStore(source, target)]);
  expect(results.map(({ copied }) => copied).reduce((a, b) => a + b)).toBe(log.events.length);
  expect(await dump(target)).toEqual(log);
});

test('an empty log is copied into an empty one, and a log into itself is refused', async () => {
  expect(await copyStore(memoryStorage(), onFile())).toEqual({ copied: 0, events: 0, position: 0 });
  const storage = memoryStorage();
  await expect(copyStore(storage, storage)).rejects.toMatchObject({ code: 'COPY_REFUSED', reason: 'SAME_LOG' });
});

test('the log of a synced store is refused', async () => {
  const replica = memoryStorage();
  const log = await replica.open(() => undefined);
  await (await log.documents()).write({ puts: [{ collection: '$sync', key: 'replica', data: '{"cursor":0,"tail":0}' }] });
  for (const [from, to] of [[replica, memoryStorage()], [memoryStorage(), replica]] as const) {
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: 'COPY_REFUSED', reason: 'REPLICA' });
  }
});

test('whatever was appended, deleted and truncated, stopped and gone on with, the copies are what the source is', async () => {
  const stream = fc.integer({ min: 1, max: 4 }).map((n) => `S-${n}`);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), stream, count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(256, 700)) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('truncate' as const), stream, before: fc.integer({ min: 1, max: 300 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('delete' as const), stream }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.integer({ min: 0, max: 1_500 }), async (steps, enough) => {
      const source = memoryStorage();
      const store = await openEventStore({ storage: source });
      for (const each of steps) {
        const known = await store.getStreamInfo(each.stream);
        if (known?.deleted) continue;
        if (each.do === 'append') await store.appendToStream(each.stream, known?.version ?? NoStream, Array.from({ length: each.count }, (_, n) => ({ type: 'Noted', data: n })));
        else if (each.do === 'truncate') await store.truncateStream(each.stream, each.before);
        else if (known) await store.deleteStream(each.stream, known.version);
      }
      await store.close();
      const log = await dump(source);
      const [there, back] = [sqliteStorage({ name: 'copy', file: ':memory:' }), memoryStorage()];
      const stop = new AbortController();
      await copyStore(source, there, { signal: stop.signal, onProgress: ({ copied }) => copied > enough && stop.abort() }).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error;
      });
      await copyStore(source, there);
      await copyStore(there, back);
      expect(await dump(there)).toEqual(log);
      expect(await dump(back)).toEqual(log);
    }),
    { numRuns: 25, ...(seedOfRun() !== undefined && { seed: seedOfRun()! }) },
  );
});
