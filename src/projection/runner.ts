import { isErmineError } from '../event/errors.ts';
import type { DocumentLog } from '../storage/storage.ts';
import type { StoreParts } from '../subscription/store-parts.ts';
import { Build } from './build.ts';
import { Builds } from './builds.ts';
import type { AnyProjection } from './definition.ts';
import type { Signals } from './signals.ts';

/** After an error of the storage that may pass, the next try is at the next wake-up, at the latest after this many milliseconds. */
const RETRY_MS = 1_000;

/** Runs a projection: keeps what is served up to date, and builds what will be served beside it. */
export class Runner {
  readonly builds: Builds;
  readonly #parts: StoreParts;
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  readonly #signals: Signals;
  readonly #open = new Map<number, Build>();
  #passing: Promise<void> | undefined;
  /** Why it cannot go on for now, or for good. */
  error: unknown;
  /** Whether this tab leads. */
  isRunning = false;

  constructor(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, signals: Signals) {
    this.#parts = parts;
    this.#documents = documents;
    this.#definition = definition;
    this.#signals = signals;
    this.builds = new Builds(documents, definition);
  }

  /** Where the build that is served stands, as far as this tab knows; for whoever wakes those that are behind. */
  get position(): number {
    return Math.min(...[...this.#open.values()].map(({ position }) => position), Infinity);
  }

  /** The failure of a build in this tab, with its cause. */
  failureOf(id: number): Error | undefined {
    return this.#open.get(id)?.error;
  }

  /** Runs until the signal, or until the log or the projection is not the one it was. */
  async run(signal: AbortSignal): Promise<void> {
    this.isRunning = true;
    while (!signal.aborted) {
      const woken = this.#signals.nextWork(signal);
      await this.pass(signal);
      if (isFinal(this.error)) break;
      await woken(this.error === undefined ? undefined : RETRY_MS);
    }
    this.isRunning = false;
  }

  /** Goes on until there is nothing more to do; several calls at once share one. Errors are kept in `error`. */
  pass(signal?: AbortSignal): Promise<void> {
    this.#passing ??= this.#pass(signal)
      .then(
        () => this.#settle(undefined),
        (error: unknown) => this.#settle(error),
      )
      .finally(() => (this.#passing = undefined));
    return this.#passing;
  }

  async #pass(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const { active, building, stale } = await this.builds.ensure();
      if (stale?.length) await this.builds.clearStale();
      const { version } = this.#definition;
      const serving = active.version === version ? this.#build(active.id) : undefined;
      const next = building?.version === version ? this.#build(building.id) : undefined;
      const again = await this.#advance(serving, next, signal);
      if (!again || signal?.aborted) return;
    }
  }

  /** A batch of what is served and one of what will be, in turn. @returns whether the builds must be looked at again */
  async #advance(serving: Build | undefined, next: Build | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    while (!signal?.aborted) {
      const served = await serving?.step();
      if (served === 'more' || served === 'gone') this.#signals.changed();
      if (served === 'gone') return this.#close(serving!);
      const built = await next?.step();
      if (built === undefined || built === 'halted') {
        if (served === 'more') continue;
        return false;
      }
      if (built === 'idle') await this.builds.swap(next!.id);
      this.#signals.changed();
      if (built === 'gone') return this.#close(next!);
      if (built === 'idle') return true;
    }
    return false;
  }

  #build(id: number): Build {
    let build = this.#open.get(id);
    if (!build) this.#open.set(id, (build = new Build(this.#parts, this.#documents, this.#definition, id)));
    return build;
  }

  #close({ id }: Build): true {
    this.#open.delete(id);
    return true;
  }

  #settle(error: unknown): void {
    // The same one again is no news.
    const changed = String(error) !== String(this.error);
    this.error = error;
    if (changed) this.#signals.changed();
  }
}

/** Whether trying again is of no use: the log or the projection is another one, or closed, or its tables cannot be made. */
export function isFinal(error: unknown): boolean {
  return isErmineError(error, 'EPOCH_CHANGED') || isErmineError(error, 'VERSION_TOO_NEW') || isErmineError(error, 'STORE_CLOSED') || isErmineError(error, 'SQL_FAILED');
}
