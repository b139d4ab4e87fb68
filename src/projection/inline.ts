import { isErmineError } from '../event/errors.ts';
import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { Append, DocumentLog, DocumentWrites } from '../storage/storage.ts';
import { createBatchFilter } from '../subscription/filter.ts';
import type { StoreParts } from '../subscription/store-parts.ts';
import { createFolding } from './build.ts';
import { filterOf, type AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { readProgress, readRegistry } from './progress.ts';
import type { Runner } from './runner.ts';
import type { Signals } from './signals.ts';

/**
 * What an inline projection adds to an append that would begin after position `head`. User code runs here, before any
 * transaction. @returns undefined to add nothing: then its runner catches up afterwards
 */
type Prepare = (batches: readonly EventBatch[], head: number, end: number) => Promise<DocumentWrites | undefined>;

const inlineOf = new WeakMap<StoreParts, Map<Prepare, Signals>>();

/** Writes a projection in the transactions of this store's appends, one append at a time. @returns how to end that */
export function projectInline(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, runner: Runner, signals: Signals): () => void {
  const { name, version } = definition;
  const filter = createBatchFilter(filterOf(definition));
  const prepare: Prepare = async (batches, head, end) => {
    for (let caughtUp = false; ; caughtUp = true) {
      const registry = (await readRegistry(documents, name))?.value;
      if (!registry && !caughtUp) {
        // The first append comes before the first build.
        await runner.pass();
        continue;
      }
      if (registry?.active.version !== version) return undefined;
      const key = layout.progress(name, registry.active.id);
      const progress = await readProgress(documents, name, registry.active.id);
      if (!progress || progress.value.paused || progress.value.failed) return undefined;
      if (progress.value.position < head && !caughtUp) {
        await runner.pass();
        continue;
      }
      if (progress.value.position !== head) return undefined;
      // Each projection has events of its own: it may keep and change what is in them.
      const events = await readable(() => parts.follower.decoder.decode(batches.filter((batch) => filter.wantsBatch(batch)).flatMap(decodeBatch)));
      const wanted = events?.filter((event) => filter.wantsEvent(event));
      const folded = wanted && (await createFolding(definition, registry.active.id).fold(wanted, documents));
      // The runner finds the same failure, and keeps it where everybody sees it.
      if (!folded?.ok) return undefined;
      const checkpoint = { ...key, data: JSON.stringify({ position: end }) };
      return { expect: [{ ...key, data: progress.text }], puts: [...folded.puts, checkpoint], deletes: folded.deletes };
    }
  };
  const prepares = inlineOf.get(parts) ?? new Map<Prepare, Signals>();
  if (!inlineOf.has(parts)) {
    inlineOf.set(parts, prepares);
    intercept(parts, prepares);
  }
  prepares.set(prepare, signals);
  return () => void prepares.delete(prepare);
}

/** @returns undefined when one of them cannot be read */
async function readable<T>(decode: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await decode();
  } catch (error) {
    if (!isErmineError(error, 'UNREADABLE_EVENT')) throw error;
    return undefined;
  }
}

function intercept(parts: StoreParts, prepares: ReadonlyMap<Prepare, Signals>): void {
  const append = parts.append;
  let before: Promise<unknown> = Promise.resolve();

  const appendWith = async (given: Append): ReturnType<StoreParts['append']> => {
    for (;;) {
      const head = await parts.log.head();
      const placed = await place(parts, given, head);
      if (!placed) return append(given);
      const made = await Promise.all([...prepares.keys()].map((prepare) => prepare(placed.batches, head, placed.end)));
      const writes = made.filter((each) => each !== undefined);
      if (writes.length === 0) return append(given);
      const documents = {
        position: head + 1,
        expect: writes.flatMap(({ expect = [] }) => expect),
        puts: writes.flatMap(({ puts = [] }) => puts),
        deletes: writes.flatMap(({ deletes = [] }) => deletes),
      };
      try {
        const outcome = await append({ ...given, documents });
        for (const signals of prepares.values()) signals.changed();
        return outcome;
      } catch (error) {
        // Somebody was faster, so nothing was written: what is new is read, and everything folded again.
        if (!isErmineError(error, 'DOCUMENT_CONFLICT')) throw error;
      }
    }
  };

  parts.append = (given) => {
    // What a replica writes has documents and positions of its own; the runner is told of it, as of what other tabs write.
    if (prepares.size === 0 || given.documents || given.after !== undefined) return append(given);
    const appended = before.then(() => appendWith(given));
    before = appended.catch(() => undefined);
    return appended;
  };
}

/**
 * The batches with their places, if the log still ends at `head` when they are written.
 *
 * @returns undefined when there will be none, or the append will be refused
 */
async function place({ log }: StoreParts, { writes }: Append, head: number): Promise<{ batches: EventBatch[]; end: number } | undefined> {
  const placed: EventBatch[] = [];
  // An import may write to a stream more than once.
  const versions = new Map<string, number>();
  let end = head;
  for (const { stream, batches } of writes) {
    const info = await log.streamInfo(stream);
    if (info?.deleted) return undefined;
    let version = versions.get(stream) ?? info?.version ?? 0;
    for (const batch of batches) {
      placed.push({ ...batch, version: version + 1, position: end + 1 });
      version += batch.count;
      end += batch.count;
    }
    versions.set(stream, version);
  }
  return end > head ? { batches: placed, end } : undefined;
}
