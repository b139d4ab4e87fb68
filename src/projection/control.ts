import { InvalidProjectionError, ProjectionFailedError, type FailedEvent } from '../event/errors.ts';
import { listAllDocuments } from '../storage/list-all-documents.ts';
import type { DocumentLog } from '../storage/storage.ts';
import type { AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { changeProgress, readRegistry, type Progress } from './progress.ts';

/** An event that somebody decided to go on without. */
export interface SkippedEvent extends FailedEvent {
  /** The version of the projection that failed at it. */
  readonly version: number;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly skippedAt: number;
}

/** Positions as text in the order of numbers. */
const POSITION_DIGITS = 16;

/** What somebody wants of a projection. It is written down, and heeded by whichever tab runs it. */
export class Control {
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;

  constructor(documents: DocumentLog, definition: AnyProjection) {
    this.#documents = documents;
    this.#definition = definition;
  }

  async pause(): Promise<void> {
    await this.#change((progress) => ({ progress: { ...progress, paused: true } }));
  }

  async resume(): Promise<void> {
    await this.#change((progress) => ({ progress: without(progress, 'paused') }));
  }

  async retry(): Promise<void> {
    await this.#change((progress) => ({ progress: without(progress, 'failed') }));
  }

  /** @throws {InvalidProjectionError} when it has not failed */
  async skip(now: number): Promise<SkippedEvent> {
    const { name, version } = this.#definition;
    let skipped: SkippedEvent | undefined;
    const done = await this.#change(({ failed, ...progress }) => {
      if (!failed) return undefined;
      skipped = { ...failed.event, version, reason: failed.reason, skippedAt: now };
      const key = `${failed.event.globalPosition}`.padStart(POSITION_DIGITS, '0');
      const record = { collection: layout.skipped(name), key: `${key}/${version}`, data: JSON.stringify(skipped) };
      return { progress: { ...progress, position: failed.event.globalPosition }, puts: [record] };
    });
    if (!done || !skipped) throw new InvalidProjectionError(name, 'it stands before no event, so there is none to skip');
    return skipped;
  }

  async *skipped(): AsyncGenerator<SkippedEvent, void, undefined> {
    const collection = layout.skipped(this.#definition.name);
    for await (const { data } of listAllDocuments(this.#documents, { collection })) yield JSON.parse(data) as SkippedEvent;
  }

  /** The failure that keeps what is served from reaching a position. */
  failureOf({ failed }: Progress): ProjectionFailedError | undefined {
    return failed && new ProjectionFailedError(this.#definition.name, failed.event, failed.reason);
  }

  /** Every build of this version, since one may be served and one be built. @returns whether any was changed */
  async #change(change: Parameters<typeof changeProgress>[3]): Promise<boolean> {
    const { name, version } = this.#definition;
    const registry = (await readRegistry(this.#documents, name))?.value;
    let changed = false;
    for (const build of [registry?.active, registry?.building]) {
      if (build?.version === version) changed = (await changeProgress(this.#documents, name, build.id, change)) || changed;
    }
    return changed;
  }
}

function without(progress: Progress, flag: 'paused' | 'failed'): Progress {
  const rest = { ...progress };
  delete rest[flag];
  return rest;
}
