const WINDOW_MS = 1_000;

/** How fast a count has grown over the last second or so. */
export class Rate {
  #samples: { readonly at: number; readonly count: number }[] = [];

  /** @returns how much the count grows in a second */
  of(count: number): number {
    const at = performance.now();
    // A count that falls belongs to something new.
    if (count < (this.#samples.at(-1)?.count ?? 0)) this.#samples = [];
    this.#samples.push({ at, count });
    while (this.#samples.length > 2 && this.#samples[1]!.at < at - WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    return at > first.at ? Math.round(((count - first.count) * 1_000) / (at - first.at)) : 0;
  }
}
