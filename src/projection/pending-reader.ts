import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { StoredEvent } from '../event/event.ts';
import { isTombstone } from '../event/tombstone.ts';
import type { DocumentLog } from '../storage/storage.ts';
import { createBatchFilter } from '../subscription/filter.ts';
import type { Pending, PendingView, StoreParts } from '../subscription/store-parts.ts';
import { BATCH_EVENTS, createFolding, failureAt } from './build.ts';
import { filterOf, type AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { BuildMoved, Overlay } from './overlay.ts';
import { parse, type Progress } from './progress.ts';
import { Reader } from './reader.ts';

/** Versions of streams as of a position of the log; undefined for one that was deleted. */
interface Versions {
  readonly position: number;
  readonly of: ReadonlyMap<string, number | undefined>;
}

/** Reads a read model as it would be if it had seen all of the log, and then what is pending. */
export class PendingReader {
  readonly #parts: StoreParts;
  readonly #pending: Pending;
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  readonly #served: Reader;
  readonly #filter;
  /** Of the streams that had something pending: to ask for those of a thousand streams takes longer than all the rest. */
  #known: Versions = { position: 0, of: new Map() };

  constructor(parts: StoreParts, pending: Pending, documents: DocumentLog, definition: AnyProjection) {
    this.#parts = parts;
    this.#pending = pending;
    this.#documents = documents;
    this.#definition = definition;
    this.#served = new Reader(documents, definition);
    this.#filter = createBatchFilter(filterOf(definition));
  }

  /**
   * Folds the rest on top of what is served, in memory, and asks that. What is pending is in the answer once, also while it
   * is being confirmed: what the answer rests on was so at one moment, but for what came after it. While a build of another
   * version is served, that answers.
   *
   * @throws {ProjectionFailedError} when the projection fails at an event
   */
  async ask<T>(question: (reader: Reader) => Promise<T>): Promise<T> {
    const { name, version: own } = this.#definition;
    for (;;) {
      const pending = await this.#pending.look();
      const { data: progress, build, version = own } = await this.#served.get((id) => layout.progress(name, id));
      if (version !== own) return question(this.#served);
      const overlay = new Overlay(this.#documents, this.#definition, build, progress);
      try {
        await this.#foldRest(build, parse<Progress>(progress)?.value.position ?? 0, pending, overlay);
        const answer = await question(new Reader(overlay, this.#definition, build));
        // Nothing that was pending has become a part of the log while that was read.
        if ((await this.#pending.look()).edits === pending.edits) return answer;
      } catch (error) {
        if (!(error instanceof BuildMoved)) throw error;
      }
    }
  }

  /** Folds the log after a position, and what is pending. */
  async #foldRest(build: number, after: number, pending: PendingView, overlay: Overlay): Promise<void> {
    const { log, follower } = this.#parts;
    const folding = createFolding(this.#definition, build);
    const fold = async (events: readonly StoredEvent[]): Promise<void> => {
      const wanted = events.filter((event) => this.#filter.wantsEvent(event));
      const folded = await folding.fold(wanted, overlay);
      if (!folded.ok) throw failureAt(this.#definition, wanted[folded.index]!, folded.error).error;
      overlay.change(folded);
    };

    // To bring it up to date must not take longer than to ask anew.
    const worthless = this.#known.of.size === 0 || after - this.#known.position > BATCH_EVENTS;
    const known = worthless ? { position: after, of: new Map<string, number>() } : this.#known;
    // Asked for before the log is read: what comes later is met there.
    const versions = await this.#versionsOf(pending.streams(), known);
    let position = Math.min(after, known.position);
    for (let from: number | undefined = position + 1; from !== undefined; ) {
      const page = await log.readAll({ from, limit: BATCH_EVENTS, direction: 'forwards' });
      for (const batch of page.batches) {
        advance(versions, batch);
        position = Math.max(position, batch.position + batch.count - 1);
      }
      const raw = page.batches.filter((batch) => this.#filter.wantsBatch(batch)).flatMap(decodeBatch);
      await fold((await follower.decoder.decode(raw)).filter(({ globalPosition }) => globalPosition > after));
      from = page.next;
    }
    this.#known = { position, of: versions };
    const confirmed = [...versions].filter((each): each is [string, number] => each[1] !== undefined);
    await fold(await follower.decoder.decode(pending.eventsOn(new Map(confirmed))));
  }

  async #versionsOf(streams: readonly string[], known: Versions): Promise<Map<string, number | undefined>> {
    const wanted = streams.filter((stream) => this.#filter.wantsBatch({ stream, events: '' }));
    const entries = await Promise.all(
      wanted.map(async (stream): Promise<[string, number | undefined]> => {
        if (known.of.has(stream)) return [stream, known.of.get(stream)];
        const info = await this.#parts.log.streamInfo(stream);
        return [stream, info?.deleted ? undefined : (info?.version ?? 0)];
      }),
    );
    return new Map(entries);
  }
}

function advance(versions: Map<string, number | undefined>, batch: EventBatch): void {
  const before = versions.get(batch.stream);
  if (before === undefined) return;
  versions.set(batch.stream, isTombstone(batch) ? undefined : Math.max(before, batch.version + batch.count - 1));
}
