import { ProjectionFailedError, isErmineError, type FailedEvent } from '../event/errors.ts';
import { decodeBatch } from '../event/event-batch.ts';
import type { StoredEvent } from '../event/event.ts';
import { streamIdToString } from '../event/stream-id.ts';
import type { DocumentLog, Page } from '../storage/storage.ts';
import { createBatchFilter } from '../subscription/filter.ts';
import type { StoreParts } from '../subscription/store-parts.ts';
import { filterOf, type AnyProjection } from './definition.ts';
import { foldDocuments } from './fold-documents.ts';
import { foldState } from './fold-state.ts';
import type { Folded, Folding } from './folding.ts';
import { layout } from './layout.ts';
import { readProgress, type Progress, type Read } from './progress.ts';

/** About so many events are folded and written at once; memory is bounded by two of these pages. */
export const BATCH_EVENTS = 4_096;

export function createFolding(definition: AnyProjection, build: number): Folding {
  if (definition.kind === 'sql') return definition.createFolding(build);
  return definition.kind === 'fold' ? foldState(definition, build) : foldDocuments(definition, build);
}

/** Brings one build forward, batch by batch. Any number of these may be at work on the same build. */
export class Build {
  readonly id: number;
  readonly #parts: StoreParts;
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  readonly #folding: Folding;
  readonly #filter;
  /** As this one has read or written it last. */
  #progress: Read<Progress> | undefined;
  /** The page after the one that is being folded. */
  #ahead: { readonly from: number; readonly page: Promise<Page> } | undefined;
  /** The cause of a failure lives in this tab only. */
  error: ProjectionFailedError | undefined;

  constructor(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, id: number) {
    this.id = id;
    this.#parts = parts;
    this.#documents = documents;
    this.#definition = definition;
    this.#folding = createFolding(definition, id);
    this.#filter = createBatchFilter(filterOf(definition));
  }

  /** The last position that it is known to have passed. */
  get position(): number {
    return this.#progress?.value.position ?? 0;
  }

  /**
   * Folds one batch and writes it with its checkpoint. Nothing is lost or doubled whatever happens in between: another
   * one that was faster, a crash, an error of the storage.
   *
   * @returns `more` when there may be more to do, `idle` at the end of the log, `halted` when it is paused or failed,
   * `gone` when there is no such build any more
   */
  async step(): Promise<'more' | 'idle' | 'halted' | 'gone'> {
    try {
      this.#progress ??= await readProgress(this.#documents, this.#definition.name, this.id);
      if (!this.#progress) return 'gone';
      const { paused, failed, position } = this.#progress.value;
      if (paused || failed) {
        // Whoever lets it go on writes that down.
        this.#forget();
        return 'halted';
      }
      const { events, end } = await this.#read(position);
      return end === position ? 'idle' : await this.#apply(events, end);
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  async #apply(events: readonly StoredEvent[], end: number): Promise<'more'> {
    const folded = await this.#foldAndWrite(events, end);
    if (folded.ok) return 'more';
    if (folded.index > 0) {
      // What is before the event is written first; then it fails as the first one. It is read again: what failed may have
      // changed the events that it was given.
      this.#ahead = undefined;
      const before = events[folded.index]!.globalPosition - 1;
      const again = await this.#read(this.position);
      return this.#apply(again.events.filter(({ globalPosition }) => globalPosition <= before), Math.min(again.end, before));
    }
    const { event, reason, error } = failureAt(this.#definition, events[0]!, folded.error);
    this.error = error;
    await this.#write({ position: event.globalPosition - 1, failed: { event, reason } }, { puts: [], deletes: [] });
    return 'more';
  }

  async #foldAndWrite(events: readonly StoredEvent[], end: number): Promise<Folded> {
    const folded = await this.#folding.fold(events, this.#documents);
    if (!folded.ok) return folded;
    try {
      await this.#write({ position: end }, folded);
      return folded;
    } catch (error) {
      // Nothing was written; the statement is one of this event.
      if (!isErmineError(error, 'SQL_FAILED')) throw error;
      return { ok: false, index: folded.eventOf![error.statement]!, error };
    }
  }

  async #write(progress: Progress, { puts, deletes, statements = [] }: Omit<Extract<Folded, { ok: true }>, 'ok'>): Promise<void> {
    const key = layout.progress(this.#definition.name, this.id);
    const text = JSON.stringify(progress);
    const expect = [{ ...key, data: this.#progress!.text }];
    // A read model can be made again: it need not survive a power cut.
    const tables = statements.length > 0 && { tables: { projection: this.#definition.name, run: { build: this.id, statements } } };
    const written = await this.#documents.write({ expect, puts: [...puts, { ...key, data: text }], deletes, ...tables }, { durability: 'relaxed' });
    if (written) this.#progress = { text, value: progress };
    else this.#forget();
  }

  /** The next events, as far as the filter lets them through, and the position that they reach. */
  async #read(after: number): Promise<{ events: StoredEvent[]; end: number }> {
    const from = after + 1;
    const { log, follower } = this.#parts;
    const readLog = (at: number): Promise<Page> => log.readAll({ from: at, limit: BATCH_EVENTS, direction: 'forwards' });
    const ahead = this.#ahead?.from === from ? await this.#ahead.page : undefined;
    // A page that was empty when it was read may not be so any more. What this tab has just written comes from memory.
    const first = ahead && ahead.batches.length > 0 ? ahead : await follower.readFrom(from);
    const page = first.next !== undefined && this.#ahead === undefined ? await readLog(from) : first;
    this.#ahead = page.next === undefined ? undefined : { from: page.next, page: readLog(page.next) };
    this.#ahead?.page.catch(() => undefined);
    const events: StoredEvent[] = [];
    let end = after;
    for (const batch of page.batches) {
      const last = Math.max(end, batch.position + batch.count - 1);
      if (last > after && this.#filter.wantsBatch(batch)) {
        let decoded: readonly StoredEvent[];
        try {
          decoded = await follower.decoder.decode(decodeBatch(batch));
        } catch (error) {
          if (end === after) throw error;
          // What is before it is written first.
          break;
        }
        for (const event of decoded) if (event.globalPosition > after && this.#filter.wantsEvent(event)) events.push(event);
      }
      end = last;
    }
    return { events, end };
  }

  #forget(): void {
    this.#progress = undefined;
    this.#ahead = undefined;
    this.#folding.reset();
  }
}

export function failureAt({ name }: AnyProjection, { globalPosition, id, type, streamId }: StoredEvent, cause: unknown): { event: FailedEvent; reason: string; error: ProjectionFailedError } {
  const event = { globalPosition, id, type, streamId: streamIdToString(streamId) };
  const reason = cause instanceof Error ? cause.message : String(cause);
  return { event, reason, error: new ProjectionFailedError(name, event, reason, { cause }) };
}
