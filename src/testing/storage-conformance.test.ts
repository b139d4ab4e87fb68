import { describe, expect, it } from 'vitest';
import type { EventBatch } from '../event/event-batch.ts';
import { memoryStorage } from '../storage/memory/memory-storage.ts';
import type { Append, AppendOutcome, Log, Storage } from '../storage/storage.ts';
import { testStorage } from './storage-conformance.ts';

interface Rule {
  readonly title: string;
  readonly run: () => Promise<void>;
}

/** The rules of the suite for a storage, to be run one by one. */
function rulesFor(createStorage: () => Storage, more: object = {}): Rule[] {
  const rules: Rule[] = [];
  const path: string[] = [];
  testStorage(
    { name: 'broken', createStorage, ...more },
    {
      describe(title, body) {
        path.push(title);
        body();
        path.pop();
      },
      it: (title, run) => void rules.push({ title: [...path.slice(1), title].join(': '), run }),
    },
  );
  return rules;
}

/** A memory log that differs from a good one in what `change` gives. */
function broken(change: (log: Log, shared: Map<string, unknown>) => Partial<Log>): () => Storage {
  return () => {
    const storage = memoryStorage();
    const shared = new Map<string, unknown>();
    return {
      name: storage.name,
      async open(onConnection) {
        const log = await storage.open(onConnection);
        const changed = change(log, shared);
        return new Proxy(log, {
          get(target, key) {
            const value: unknown = Reflect.get(key in changed ? changed : target, key);
            return typeof value === 'function' ? value.bind(key in changed ? changed : target) : value;
          },
        });
      },
    };
  };
}

const mapWrites = (appends: readonly Append[], change: (write: Append['writes'][number]) => Append['writes'][number]): Append[] =>
  appends.map((append) => ({ ...append, writes: append.writes.map(change) }));

const mapAccepted = (outcomes: readonly AppendOutcome[], change: (outcome: Extract<AppendOutcome, { ok: true }>) => AppendOutcome): AppendOutcome[] =>
  outcomes.map((outcome) => (outcome.ok ? change(outcome) : outcome));

const shift = (batches: readonly EventBatch[], by: number): EventBatch[] => batches.map((batch) => ({ ...batch, position: batch.position + by }));

/** What can be wrong with a storage, and a rule that must notice. */
const faults: readonly [what: string, notices: RegExp, change: (log: Log, shared: Map<string, unknown>) => Partial<Log>][] = [
  ['never checks the expected version', /expected versions: NoStream on a stream at version 3/, (log) => ({ commit: (appends) => log.commit(mapWrites(appends, (write) => ({ ...write, expectedVersion: -1 }))) })],
  ['takes StreamExists for AnyVersion', /expected versions: StreamExists on a stream that does not exist/, (log) => ({ commit: (appends) => log.commit(mapWrites(appends, (write) => (write.expectedVersion === -2 ? { ...write, expectedVersion: -1 } : write))) })],
  ['writes each stream of an append alone', /a conflict in the last of three writes/, (log) => ({
    async commit(appends) {
      const outcomes: AppendOutcome[] = [];
      for (const append of appends) {
        const parts = [];
        for (const write of append.writes) parts.push((await log.commit([{ writes: [write], ids: append.writes.length === 1 ? append.ids : [] }]))[0]!);
        const refused = parts.find(({ ok }) => !ok);
        const accepted = parts.flatMap((part) => (part.ok ? [part] : []));
        outcomes.push(refused ?? { ...accepted[0]!, results: accepted.flatMap(({ results }) => results), batches: accepted.flatMap(({ batches }) => batches) });
      }
      return outcomes;
    },
  })],
  ['ignores writes that only check', /a write without events that is not met/, (log) => ({
    commit: (appends) => log.commit(mapWrites(appends, (write) => (write.batches.length === 0 ? { ...write, expectedVersion: -1 } : write))),
  })],
  ['knows no event ids', /repeating an append with AnyVersion/, (log) => ({ commit: (appends) => log.commit(appends.map((append) => ({ ...append, ids: [] }))) })],
  ['does not say that an append was a repetition', /repeating an append with NoStream/, (log) => ({ commit: async (appends) => mapAccepted(await log.commit(appends), (outcome) => ({ ...outcome, deduplicated: false })) })],
  ['refuses a whole group for one conflict', /a conflict among appends of one tick/, (log) => ({
    async commit(appends) {
      const outcomes = await log.commit(appends);
      const refused = outcomes.find(({ ok }) => !ok);
      return refused ? outcomes.map(() => refused) : outcomes;
    },
  })],
  ['turns the appends of a group around', /many appends of one handle in one tick keep the order/, (log) => ({ commit: async (appends) => [...(await log.commit(appends.toReversed()))].reverse() })],
  ['tells positions that are one too high', /versions count from 1/, (log) => ({ commit: async (appends) => mapAccepted(await log.commit(appends), (outcome) => ({ ...outcome, results: outcome.results.map((result) => ({ ...result, globalPosition: result.globalPosition + 1 })) })) })],
  ['leaves a gap of one after position 3', /readAll goes forwards from the beginning/, (log) => ({
    async readAll(range) {
      const page = await log.readAll(range);
      return { ...page, batches: page.batches.map((batch) => (batch.position > 3 ? shift([batch], 1)[0]! : batch)) };
    },
  })],
  ['loses the second page of the log', /1025 events written in one append/, (log) => ({ readAll: async (range) => ({ ...(await log.readAll(range)), next: undefined }) })],
  ['loses the second page of a stream', /1025 events written in appends of one/, (log) => ({ readStream: async (stream, range) => ({ ...(await log.readStream(stream, range)), next: undefined }) })],
  ['leaves a hole between two pages', /every start and count around a page/, (log) => ({ async readAll(range) { const page = await log.readAll(range); return { ...page, next: page.next === undefined ? undefined : page.next + (range.direction === 'forwards' ? 300 : -300) }; } })],
  ['reads streams whose names begin alike as one', /a stream that does not exist is empty/, (log) => ({ async readStream(stream, range) { const page = await log.readAll(range); return { ...page, batches: page.batches.filter((batch) => batch.stream.startsWith(stream)).map((batch) => ({ ...batch, stream })) }; } })],
  ['lists categories whose names begin alike', /a category lists its own streams/, (log) => ({ async listStreams(range) { return (await log.listStreams({ ...range, category: undefined })).filter(({ stream }) => range.category === undefined || stream.startsWith(range.category)); } })],
  ['lists streams in no order', /streams come once each/, (log) => ({ listStreams: async (range) => (await log.listStreams(range)).toReversed() })],
  ['says a head that is old', /an append that was acknowledged is in every read/, (log) => { let last = 0; return { async head() { const head = last; last = await log.head(); return head; } }; }],
  ['has another epoch at each opening', /everything is still there/, () => ({ epoch: crypto.randomUUID() })],
  ['keeps the payloads of a deleted stream', /its payloads are gone from the log/, (log, shared) => ({
    async deleteStream(stream, expectedVersion, tombstone) {
      const before = await log.readAll({ from: 1, limit: 100_000, direction: 'forwards' });
      shared.set('kept', before.batches);
      return log.deleteStream(stream, expectedVersion, tombstone);
    },
    async readAll(range) {
      const page = await log.readAll(range);
      const kept = (shared.get('kept') ?? []) as EventBatch[];
      return { ...page, batches: page.batches.map((batch) => (batch.stream === '' ? (kept.find(({ position }) => position === batch.position) ?? batch) : batch)) };
    },
  })],
  ['lets a deleted stream begin anew', /NoStream on a stream that was deleted/, (log) => ({
    commit: (appends) => log.commit(mapWrites(appends, (write) => ({ ...write, stream: write.stream === 'Order-1' && write.expectedVersion === 0 ? 'Order-1-again' : write.stream }))),
  })],
  ['truncates one event too many', /of 600 events written in one append, those before version 2 go/, (log) => ({ truncateStream: (stream, beforeVersion) => log.truncateStream(stream, beforeVersion + 1) })],
  ['forgets metadata', /all fields of metadata come back/, (log) => ({ async readStream(stream, range) { const page = await log.readStream(stream, range); return { ...page, batches: page.batches.map((batch) => ({ ...batch, events: JSON.stringify((JSON.parse(batch.events) as unknown[][]).map((tuple) => tuple.slice(0, 2))) })) }; } })],
  ['keeps a part of an append that it refuses', /a refused append takes no version/, (log) => ({
    async commit(appends) {
      const outcomes = await log.commit(appends);
      for (const [i, outcome] of outcomes.entries()) if (!outcome.ok) await log.commit([{ writes: appends[i]!.writes.map((write) => ({ ...write, stream: 'Left-over', expectedVersion: -1 })), ids: [] }]);
      return outcomes;
    },
  })],
  ['saves snapshots under the stream alone', /saving replaces the one of the same stream/, (log) => ({ snapshots: { save: (stream, _key, snapshot) => log.snapshots.save(stream, '', snapshot), load: (stream) => log.snapshots.load(stream, ''), delete: (stream, key) => log.snapshots.delete(stream, key) } })],
  ['gives the end of the log twice', /readAll goes forwards from the beginning/, (log) => ({
    async readAll(range) {
      const page = await log.readAll(range);
      const last = page.batches.at(-1);
      return last && last.count > 1 && range.direction === 'forwards' ? { ...page, batches: [...page.batches, last] } : page;
    },
  })],
];

describe('the conformance suite', () => {
  it('has no two rules of the same name, and no rule that passes by mistake on nothing', () => {
    const titles = rulesFor(memoryStorage).map(({ title }) => title);
    expect(titles.length).toBeGreaterThan(300);
    expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
  });

  it('says the reason of a failure first, and the storage goes whatever happens', async () => {
    const gone: string[] = [];
    const failing = broken(() => ({ head: () => Promise.reject(new Error('no head')) }));
    const rule = rulesFor(failing, { disposeStorage: ({ name }: Storage) => void gone.push(name) }).find(({ title }) => title.includes('of an empty log is at position 0'))!;
    await expect(rule.run()).rejects.toThrow('no head');
    expect(gone.length).toBe(1);
  });

  it.each(faults)('notices a storage that %s', { timeout: 60_000 }, async (_what, notices, change) => {
    const rules = rulesFor(broken(change)).filter(({ title }) => notices.test(title));
    expect(rules.length).toBeGreaterThan(0);
    for (const { run } of rules) {
      const reason: unknown = await run().catch((error: unknown) => error);
      expect(reason).toBeInstanceOf(Error);
      // A fault that only breaks the code would be noticed by anything.
      expect(reason).not.toBeInstanceOf(TypeError);
    }
    // The rule does not fail by itself.
    for (const { run } of rulesFor(memoryStorage).filter(({ title }) => notices.test(title))) await run();
  });

  it('leaves rules out only where the environment has no such thing', () => {
    const all = rulesFor(memoryStorage).length;
    const without = rulesFor(memoryStorage, { supports: { hints: false, gzip: false } }).length;
    expect(all - without).toBeGreaterThan(3);
    expect(all - without).toBeLessThan(10);
  });
});
