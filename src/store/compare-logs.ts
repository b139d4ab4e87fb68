import { decodeBatch, type EventBatch } from '../event/event-batch.ts';
import type { Log } from '../storage/storage.ts';
import { listAllStreams } from '../storage/list-all-streams.ts';

const PAGE_EVENTS = 1_000;

/**
 * Compares two logs event by event between two positions (inclusive), whichever batches they are in. Erased events are
 * left out.
 *
 * @param onPage called about every 1,000 events with the position that was reached, and at the end
 * @returns how many events both have, or the first position at which they differ
 */
export async function matchEvents(
  one: Log,
  other: Log,
  from: number,
  to: number,
  onPage: (position: number) => void,
): Promise<{ readonly events: number; readonly differsAt?: number }> {
  const [a, b] = [new Cursor(one, from, to), new Cursor(other, from, to)];
  let events = 0;
  for (let reported = from; ; ) {
    const [left, right] = await Promise.all([a.left(), b.left()]);
    const count = Math.min(left, right);
    if (count === 0 && left !== right) return { events, differsAt: Math.min(a.position, b.position) };
    if (count === 0) break;
    const reached = a.position + count - 1;
    const differsAt = isSameBatch(a.batch!, b.batch!) ? undefined : firstDifference(a.events(count), b.events(count));
    if (differsAt !== undefined) return { events, differsAt };
    events += count;
    a.passed += count;
    b.passed += count;
    if (reached - reported < PAGE_EVENTS) continue;
    reported = reached;
    onPage(reached);
  }
  if (to >= from) onPage(to);
  return { events };
}

/** The name of the first stream that is not in both, or not at the same version, or deleted in one. */
export async function firstOtherStream(one: Log, other: Log): Promise<string | undefined> {
  const others = listAllStreams(other);
  for await (const page of listAllStreams(one)) {
    const otherPage = (await others.next()).value ?? [];
    for (let i = 0; i < Math.max(page.length, otherPage.length); i++) {
      const [a, b] = [page[i], otherPage[i]];
      if (a?.stream !== b?.stream || a?.version !== b?.version || a?.deleted !== b?.deleted) return (a ?? b)!.stream;
    }
  }
  return undefined;
}

/** Goes through a stretch of a log, batch by batch of those that are not erased. */
class Cursor {
  batch: EventBatch | undefined;
  /** How many events of the batch are behind. */
  passed = 0;
  readonly #log: Log;
  readonly #from: number;
  readonly #to: number;
  #page: EventBatch[] = [];
  #next: number | undefined;

  constructor(log: Log, from: number, to: number) {
    this.#log = log;
    this.#from = from;
    this.#to = to;
    this.#next = from;
  }

  /** Position of the next event; just after the stretch when none is left in it. */
  get position(): number {
    return this.batch && this.passed < this.batch.count ? this.batch.position + this.passed : this.#to + 1;
  }

  /** How many events of the batch lie ahead within the stretch; 0 when it has ended. */
  async left(): Promise<number> {
    while (!this.batch || this.passed >= this.batch.count) {
      while (this.#page.length === 0) {
        if (this.#next === undefined || this.#next > this.#to) return 0;
        const { batches, next } = await this.#log.readAll({ from: this.#next, limit: PAGE_EVENTS, direction: 'forwards' });
        this.#page = batches.filter(({ events }) => events !== '').reverse();
        this.#next = next;
      }
      this.batch = this.#page.pop()!;
      this.passed = Math.max(0, this.#from - this.batch.position);
    }
    return Math.max(0, Math.min(this.batch.count - this.passed, this.#to + 1 - this.position));
  }

  /** The next events, as texts. */
  events(count: number): readonly (readonly [position: number, text: string])[] {
    const events = decodeBatch(this.batch!).slice(this.passed, this.passed + count);
    return events.map((event) => [event.globalPosition, JSON.stringify(event)]);
  }
}

function isSameBatch(a: EventBatch, b: EventBatch): boolean {
  return a.events === b.events && a.stream === b.stream && a.position === b.position && a.version === b.version && a.timestamp === b.timestamp && a.idBase === b.idBase;
}

function firstDifference(a: ReturnType<Cursor['events']>, b: ReturnType<Cursor['events']>): number | undefined {
  const i = a.findIndex(([, text], index) => text !== b[index]![1]);
  return i < 0 ? undefined : Math.min(a[i]![0], b[i]![0]);
}
