import { plainDecoder } from '../event/event-batch.ts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { defaultLimits } from '../event/limits.ts';
import type { DocumentLog, Log, Storage } from '../storage/storage.ts';
import { encodeAppend } from '../store/encode-append.ts';
import { LogFollower } from '../subscription/log-follower.ts';
import type { StoreParts } from '../subscription/store-parts.ts';
import { seedOfRun } from '../testing/seed.test-env.ts';
import { Build } from './build.ts';
import { Builds } from './builds.ts';
import { projection, type AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import type { Progress } from './progress.ts';

type Kind = 'Put' | 'Add' | 'Mark' | 'Drop';
interface Entry {
  readonly type: Kind;
  readonly key: string;
}
type Documents = Record<string, { n: number; mark?: number }>;

const order = (definition: unknown): AnyProjection => definition as AnyProjection;

const folding = order(
  projection<never, { hash: number; count: number }>({
    name: 'folding',
    version: 1,
    initialState: { hash: 0, count: 0 },
    evolve: ({ hash, count }, { globalPosition }: { globalPosition: number }) => ({ hash: (hash * 31 + globalPosition) % 1_000_003, count: count + 1 }),
  }),
);

type Handler = (event: { data: { key: string }; globalPosition: number }, documents: { put(key: string, document: unknown): void; patch(key: string, change: unknown): void; delete(key: string): void }) => void;
const handlers: Readonly<Record<Kind, Handler>> = {
  Put: ({ data, globalPosition }, documents) => documents.put(data.key, { n: globalPosition }),
  Add: ({ data }, documents) => documents.patch(data.key, (document: { n: number } = { n: 0 }) => ({ ...document, n: document.n + 1 })),
  Mark: ({ data, globalPosition }, documents) => documents.patch(data.key, { mark: globalPosition }),
  Drop: ({ data }, documents) => documents.delete(data.key),
};
const writing = order(projection({ name: 'writing', version: 1, indexes: { n: ({ n }: { n: number }) => n }, on: handlers as never }));

/** What the events up to a position come to, in the simplest words. */
function expectedState(position: number): unknown {
  let [hash, count] = [0, 0];
  for (let n = 1; n <= position; n++) [hash, count] = [(hash * 31 + n) % 1_000_003, count + 1];
  return { hash, count };
}
function expectedDocuments(log: readonly Entry[], position: number): Documents {
  const documents: Documents = {};
  log.slice(0, position).forEach(({ type, key }, i) => {
    if (type === 'Put') documents[key] = { n: i + 1 };
    else if (type === 'Add') documents[key] = { ...documents[key], n: (documents[key]?.n ?? 0) + 1 };
    else if (type === 'Drop') delete documents[key];
    else if (documents[key]) documents[key] = { ...documents[key]!, mark: i + 1 };
  });
  return documents;
}

type Fate = 'written' | 'lost' | 'written, and nobody was told';

/** A log in small pages, whose writes of documents end as they are told. */
function faulty(log: Log, documents: DocumentLog, fates: Fate[]): { log: Log; documents: DocumentLog } {
  const readAll: Log['readAll'] = (range) => log.readAll({ ...range, limit: 1 });
  return {
    log: { epoch: log.epoch, readAll, head: () => log.head() } as Log,
    documents: {
      get: (keys) => documents.get(keys),
      list: (range) => documents.list(range),
      clear: (collection) => documents.clear(collection),
      async write(writes, options) {
        const fate = fates.shift() ?? 'written';
        if (fate === 'lost') throw new Error('Crash.');
        const written = await documents.write(writes, options);
        if (fate !== 'written') throw new Error('Crash.');
        return written;
      },
    },
  };
}

async function check(documents: DocumentLog, entries: readonly Entry[]): Promise<{ folded: number; written: number }> {
  const [foldedAt, state] = await documents.get([layout.progress('folding', 1), layout.state('folding', 1)]);
  const folded = (JSON.parse(foldedAt!) as Progress).position;
  if (folded > 0) expect(JSON.parse(state!)).toEqual(expectedState(folded));
  // Nobody writes between these two: the tabs of this test take turns.
  const [writtenAt] = await documents.get([layout.progress('writing', 1)]);
  const written = (JSON.parse(writtenAt!) as Progress).position;
  const page = await documents.list({ collection: layout.documents('writing', 1), index: 'n', direction: 'forwards', limit: 1_000 });
  expect(Object.fromEntries(page.documents.map(({ key, data }) => [key, JSON.parse(data) as unknown]))).toEqual(expectedDocuments(entries, written));
  return { folded, written };
}

const turn = fc.record({
  /** Which of three tabs; two of them may step at the same moment. */
  tabs: fc.uniqueArray(fc.nat(2), { minLength: 1, maxLength: 3 }),
  append: fc.array(fc.record({ type: fc.constantFrom<Kind>('Put', 'Add', 'Mark', 'Drop'), key: fc.constantFrom('a', 'b', 'c') }), { maxLength: 4 }),
  fates: fc.array(fc.constantFrom<Fate>('written', 'written', 'lost', 'written, and nobody was told'), { maxLength: 4 }),
});

/** Whatever crashes and whoever takes over, a projection is the fold of what it has checkpointed. */
export async function survivesCrashes(createStorage: () => Storage, numRuns: number, dispose: (log: Log) => Promise<void>): Promise<void> {
  const seed = seedOfRun();
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { minLength: 1, maxLength: 12 }), async (turns) => {
      const storage = createStorage();
      const log = await storage.open(() => undefined);
      const documents = await log.documents();
      const entries: Entry[] = [];
      const fates: Fate[] = [];
      const broken = faulty(log, documents, fates);
      const follower = new LogFollower(broken.log, plainDecoder, storage.name, 3_600_000);
      const parts: StoreParts = { log: broken.log, storageName: storage.name, follower, append: () => Promise.reject(new Error('Not here.')) };
      const start = (): Build[] => [folding, writing].map((definition) => new Build(parts, broken.documents, definition, 1));
      const tabs = [start(), start(), start()];
      try {
        for (const definition of [folding, writing]) await new Builds(documents, definition).ensure();
        for (const { tabs: working, append, fates: next } of turns) {
          for (const entry of append) {
            const [outcome] = await log.commit([encodeAppend([{ streamId: 'A-1', expectedVersion: -1, events: [{ type: entry.type, data: { key: entry.key } }] }], { limits: defaultLimits, now: 0, metadata: undefined })]);
            expect(outcome!.ok).toBe(true);
            entries.push(entry);
          }
          fates.splice(0, Infinity, ...next);
          const outcomes = await Promise.allSettled(working.map(async (tab) => {
            for (const build of tabs[tab]!) await build.step();
          }));
          // A tab that crashed has forgotten everything when it comes back.
          outcomes.forEach(({ status }, i) => status === 'rejected' && (tabs[working[i]!] = start()));
          fates.length = 0;
          await check(documents, entries);
        }
        for (const build of tabs[0]!) while ((await build.step()) === 'more');
        expect(await check(documents, entries)).toEqual({ folded: entries.length, written: entries.length });
      } finally {
        follower.close();
        await log.close();
        await dispose(log);
      }
    }),
    { numRuns, ...(seed !== undefined && { seed }) },
  );
}
