import { decodeBatch } from '../event/event-batch.ts';
import type { StoredEvent } from '../event/event.ts';
import { isTombstone } from '../event/tombstone.ts';
import type { DocumentLog } from '../storage/storage.ts';
import { createBatchFilter } from '../subscription/filter.ts';
import type { PendingView, StoreParts } from '../subscription/store-parts.ts';
import { BATCH_EVENTS, createFolding, failureAt } from './build.ts';
import { filterOf, type AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { BuildMoved, Overlay } from './overlay.ts';
import { parse, type Progress } from './progress.ts';
import { Reader } from './reader.ts';

/**
 * Asks a read model as it would be if it had seen all of the log, and then what is pending: that is folded on top of what is
 * served, in memory. What is pending is in the answer once, also while it is being confirmed: what the answer rests on was
 * so at one moment, but for what came after it. While a build of another version is served, that answers.
 *
 * @throws {ProjectionFailedError} when the projection fails at an event
 */
export async function askWithPending<T>(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, ask: (reader: Reader) => Promise<T>): Promise<T> {
  const served = new Reader(documents, definition);
  for (;;) {
    const pending = await parts.pending!.look();
    const { data: progress, build, version = definition.version } = await served.get((id) => layout.progress(definition.name, id));
    if (version !== definition.version) return ask(served);
    const overlay = new Overlay(documents, definition, build, progress);
    try {
      await foldRest(parts, definition, build, parse<Progress>(progress)?.value.position ?? 0, pending, overlay);
      const answer = await ask(new Reader(overlay, definition, build));
      // Nothing that was pending has become a part of the log while that was read.
      if ((await parts.pending!.look()).edits === pending.edits) return answer;
    } catch (error) {
      if (!(error instanceof BuildMoved)) throw error;
    }
  }
}

/** Folds the log after a position, and what is pending. */
async function foldRest({ log, follower }: StoreParts, definition: AnyProjection, build: number, after: number, pending: PendingView, overlay: Overlay): Promise<void> {
  const filter = createBatchFilter(filterOf(definition));
  const folding = createFolding(definition, build);
  const fold = async (events: readonly StoredEvent[]): Promise<void> => {
    const wanted = events.filter((event) => filter.wantsEvent(event));
    const folded = await folding.fold(wanted, overlay);
    if (!folded.ok) throw failureAt(definition, wanted[folded.index]!, folded.error).error;
    overlay.change(folded);
  };

  // Asked for before the log is read: what comes later is met there.
  const infos = await Promise.all(pending.streams.filter((stream) => filter.wantsBatch({ stream, events: '' })).map(async (stream) => [stream, await log.streamInfo(stream)] as const));
  const versions = new Map(infos.filter(([, info]) => !info?.deleted).map(([stream, info]) => [stream, info?.version ?? 0]));
  for (let from: number | undefined = after + 1; from !== undefined; ) {
    const page = await log.readAll({ from, limit: BATCH_EVENTS, direction: 'forwards' });
    for (const batch of page.batches) {
      const { stream, version, count } = batch;
      if (isTombstone(batch)) versions.delete(stream);
      if (versions.has(stream)) versions.set(stream, Math.max(versions.get(stream)!, version + count - 1));
    }
    const raw = page.batches.filter((batch) => filter.wantsBatch(batch)).flatMap(decodeBatch);
    await fold((await follower.decoder.decode(raw)).filter(({ globalPosition }) => globalPosition > after));
    from = page.next;
  }
  await fold(await follower.decoder.decode(pending.eventsOn(versions)));
}
