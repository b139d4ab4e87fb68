import type { OutboxView } from './outbox.ts';
import { countOf, idsOfCommit, type PendingCommit } from './pending-commit.ts';

/** What the commits that wait come to. When the outbox has only grown since, only what is new is looked at. */
export class PendingIndex {
  /** How many events of each stream wait. */
  readonly counts = new Map<string, number>();
  /** The streams of commits that are out of the line. */
  readonly stuck = new Set<string>();
  readonly #edits: number;
  readonly #ids = new Set<string>();
  #commits: readonly PendingCommit[] = [];
  #withIds = 0;

  constructor(view: OutboxView) {
    this.#edits = view.head.edits;
    this.#add(view.commits);
  }

  /** The one of this view, which is this one if it can be. */
  next(view: OutboxView): PendingIndex {
    if (view.head.edits !== this.#edits || view.commits.length < this.#commits.length) return new PendingIndex(view);
    this.#add(view.commits);
    return this;
  }

  /** Whether a commit has an event with one of these ids. They are collected when the first append brings some. */
  hasAny(ids: readonly string[]): boolean {
    for (; this.#withIds < this.#commits.length; this.#withIds++) for (const id of idsOfCommit(this.#commits[this.#withIds]!)) this.#ids.add(id);
    return ids.some((id) => this.#ids.has(id));
  }

  #add(commits: readonly PendingCommit[]): void {
    for (let i = this.#commits.length; i < commits.length; i++) {
      const { writes, stuck } = commits[i]!;
      for (const write of writes) {
        this.counts.set(write.stream, (this.counts.get(write.stream) ?? 0) + countOf(write));
        if (stuck !== undefined) this.stuck.add(write.stream);
      }
    }
    this.#commits = commits;
  }
}
