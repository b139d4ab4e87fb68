/** A generator of numbers between 0 and 1 that is the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that jumps to what is due next once nothing runs any more; the only source of time and chance. */
export class Scheduler {
  readonly random: () => number;
  now = 1_700_000_000_000;
  #due: Due[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  /** A whole number from 0 and below `bound`. */
  pick(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  setTimeout(fire: () => void, ms: number): Due {
    const due = { at: this.now + Math.max(0, ms), order: this.#order++, fire };
    // Kept in order: what is due first is last.
    let index = this.#due.length;
    while (index > 0 && (this.#due[index - 1]!.at < due.at || (this.#due[index - 1]!.at === due.at && this.#due[index - 1]!.order < due.order))) index--;
    this.#due.splice(index, 0, due);
    return due;
  }

  clearTimeout(due: Due | undefined): void {
    const index = due ? this.#due.indexOf(due) : -1;
    if (index >= 0) this.#due.splice(index, 1);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimeout(resolve, ms));
  }

  /** Runs until the condition holds or so much time has passed. @returns whether it holds */
  async runUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const end = this.now + limitMs;
    for (let steps = 0; ; steps++) {
      await drained();
      // Conditions look at a lot: not after each step.
      if (steps % 16 === 0 || this.#due.length === 0) {
        if (await condition()) return true;
        // It may have begun something.
        await drained();
      }
      const next = this.#due.at(-1);
      if (!next || next.at > end) {
        this.now = end;
        return condition();
      }
      this.#due.pop();
      this.now = next.at;
      next.fire();
    }
  }

  /** Lets so much time pass. */
  async run(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      await drained();
      const next = this.#due.at(-1);
      if (!next || next.at > end) break;
      this.#due.pop();
      this.now = next.at;
      next.fire();
    }
    this.now = end;
  }
}

/** Everything that waits for nothing but other promises has run. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
