import { merge, type Observable } from 'rxjs';
import { InvalidVersionError, ProjectionFailedError, isErmineError, type UnreadableEventError } from '../event/errors.ts';
import type { DocumentLog } from '../storage/storage.ts';
import type { Follower } from '../subscription/log-follower.ts';
import type { StoreParts } from '../subscription/store-parts.ts';
import { lead } from '../tabs/leadership.ts';
import { unref } from '../tabs/unref.ts';
import { Control } from './control.ts';
import type { AnyProjection } from './definition.ts';
import { projectInline } from './inline.ts';
import type { OpenProjection, OpenProjectionOptions, WaitOptions } from './opened.ts';
import type { Progress } from './progress.ts';
import { Rate } from './rate.ts';
import { tooNew } from './refuse.ts';
import { Runner, isFinal } from './runner.ts';
import { Signals } from './signals.ts';
import { readStanding, toStatus, type ProjectionStatus, type Standing } from './status.ts';
import { runWhenStalled } from './stalled.ts';
import { waitUntil } from './wait-until.ts';
import { watch } from './watch.ts';

/** How often changes are looked for that no hint told of, in milliseconds. */
const LOOK_MS = 2_000;

/** A projection in one tab: its runner, if this tab leads, and the ways to watch and to command it. */
export class Handle implements OpenProjection, Follower {
  readonly status$: Observable<ProjectionStatus>;
  readonly signals: Signals;
  readonly #parts: StoreParts;
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  readonly #control: Control;
  readonly #runner: Runner;
  readonly #closing = new AbortController();
  readonly #running: Promise<void>;
  /** The end of the log as somebody was told last. */
  #told = Infinity;

  constructor(parts: StoreParts, documents: DocumentLog, definition: AnyProjection, { run = true }: OpenProjectionOptions) {
    this.#parts = parts;
    this.#documents = documents;
    this.#definition = definition;
    this.#control = new Control(documents, definition);
    const { log, follower, storageName } = parts;
    this.signals = new Signals(storageName, definition.name, log.epoch);
    this.#runner = new Runner(parts, documents, definition, this.signals);
    const rate = new Rate();
    this.status$ = watch(merge(this.signals.changes$, this.signals.work$), () => this.#status(rate));

    const { signal } = this.#closing;
    const unfollow = follower.follow(this);
    const looking = setInterval(() => this.signals.changes$.observed && this.signals.changes$.next(), LOOK_MS);
    unref(looking);
    const stopInline = definition.inline ? projectInline(parts, documents, definition, this.#runner, this.signals) : undefined;
    signal.addEventListener('abort', () => {
      unfollow();
      stopInline?.();
      clearInterval(looking);
    });
    const lock = `ermine:${storageName}:projection:${definition.name}:${definition.version}`;
    this.#running = run ? lead(globalThis.navigator?.locks, lock, signal, (until) => this.#runner.run(until)) : Promise.resolve();
    if (run) runWhenStalled(this.#runner, () => readStanding(log, documents, definition), signal);
  }

  /** For the follower of the log: where the runner stands, or what somebody was told of the log, whichever is older. */
  get position(): number {
    return Math.min(this.#runner.position, this.#told);
  }

  wake(): void {
    this.signals.work$.next();
  }

  end(): void {
    void this.close();
  }

  async waitFor(position: number, options: WaitOptions = {}): Promise<void> {
    if (!Number.isSafeInteger(position) || position < 0) {
      throw new InvalidVersionError('position', position, 'a position of the log, a whole number from 0; what is pending in a synced store has none yet');
    }
    await this.#until(options, ({ registry, active, building }) => {
      if (active && active.position >= position) return true;
      const failure = active && this.#control.failureOf(active);
      if (failure) throw failure;
      const unreadable = this.#unreadable(registry?.active.version === this.#definition.version ? active : building);
      if (unreadable && unreadable.event.globalPosition <= position) throw unreadable;
      return false;
    });
  }

  async pause(): Promise<void> {
    await this.#runner.builds.ensure();
    await this.#control.pause();
    this.signals.commanded();
  }

  async resume(): Promise<void> {
    await this.#control.resume();
    this.signals.commanded();
  }

  async retry(): Promise<void> {
    await this.#control.retry();
    this.signals.commanded();
  }

  async skip(): ReturnType<OpenProjection['skip']> {
    const skipped = await this.#control.skip(Date.now());
    this.signals.commanded();
    return skipped;
  }

  skipped(): ReturnType<OpenProjection['skipped']> {
    return this.#control.skipped();
  }

  async rebuild(options: WaitOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    const id = await this.#runner.builds.rebuild();
    this.signals.commanded();
    await this.#until(options, ({ registry, building }) => {
      if (!registry || registry.active.id >= id) return true;
      // It may have been begun anew meanwhile.
      if (registry.building?.version !== this.#definition.version) throw tooNew(this.#definition.name);
      if (building?.failed) throw new ProjectionFailedError(this.#definition.name, building.failed.event, building.failed.reason);
      const unreadable = this.#unreadable(building);
      if (unreadable) throw unreadable;
      return false;
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.signals.close();
    await this.#running;
  }

  /** Resolves when what is stored is so. */
  #until({ signal }: WaitOptions, holds: (standing: Standing) => boolean): Promise<void> {
    const holds$ = watch(this.signals.changes$, async () => {
      if (isFinal(this.#runner.error)) throw this.#runner.error;
      const standing = await readStanding(this.#parts.log, this.#documents, this.#definition);
      return { text: JSON.stringify(standing), value: holds(standing) };
    });
    return waitUntil(holds$, signal);
  }

  /** The event that this tab cannot read, while builds stand before it: another tab may have newer code, and go on. */
  #unreadable(...builds: readonly (Progress | undefined)[]): UnreadableEventError | undefined {
    const { error } = this.#runner;
    return isErmineError(error, 'UNREADABLE_EVENT') && builds.some((build) => build && build.position < error.event.globalPosition) ? error : undefined;
  }

  async #status(rate: Rate): Promise<{ text: string; value: ProjectionStatus }> {
    let failure: unknown;
    const standing = await readStanding(this.#parts.log, this.#documents, this.#definition).catch((error: unknown) => {
      failure = error;
      // A tab that does not run it finds this out here.
      if (isFinal(error)) this.#runner.error ??= error;
      return undefined;
    });
    this.#told = standing?.head ?? 0;
    const { active, building } = standing ?? {};
    const busy = standing && (building || (active?.position ?? 0) < standing.head);
    const eventsPerSecond = busy ? rate.of((active?.position ?? 0) + (building?.position ?? 0)) : 0;
    const known = standing ?? { registry: undefined, active: undefined, building: undefined, head: 0 };
    const { error } = this.#runner;
    const reason = (isErmineError(error, 'UNREADABLE_EVENT') ? this.#unreadable(active, building) : error) ?? failure;
    const value = toStatus(this.#definition, known, eventsPerSecond, reason, isFinal(reason), (id) => this.#runner.failureOf(id));
    return { text: JSON.stringify([value, value.error?.message]), value };
  }
}
