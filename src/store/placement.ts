import { eraseFirst } from '../event/erase-first.ts';
import { MAX_BATCH_EVENTS, type EventBatch, type EventTuple } from '../event/event-batch.ts';
import { idAt } from '../event/event-id.ts';
import type { Log, StreamSummary } from '../storage/storage.ts';
import { listAllStreams } from '../storage/list-all-streams.ts';

/** Makes of the batches of one log what another one places, see `Append.after`. */
export class Placement {
  readonly #source: Log;
  readonly #target: Log;
  /** Streams all of whose events are erased, and which the target does not know yet; looked for when erased events come by. */
  #emptied: StreamSummary[] | undefined;

  constructor(source: Log, target: Log) {
    this.#source = source;
    this.#target = target;
  }

  /** What comes after a position; a page may begin before it. */
  async place(batches: readonly EventBatch[], after: number): Promise<EventBatch[]> {
    const placed: EventBatch[] = [];
    for (const batch of batches) {
      if (batch.position + batch.count - 1 <= after) continue;
      const rest = after < batch.position ? batch : withoutFirst(batch, after + 1 - batch.position);
      if (rest.events === '') placed.push(...(await this.#placeErased(rest)));
      else placed.push(withIndexed(rest));
    }
    return placed;
  }

  /**
   * Erased events do not say whose they were. A stream that has lost all of them gets one, whichever it is, at its last
   * version: then the target knows the stream and its version, and has nothing to read of it, as the source.
   */
  async #placeErased(batch: EventBatch): Promise<EventBatch[]> {
    const emptied = (this.#emptied ??= await this.#findEmptied());
    const placed: EventBatch[] = [];
    for (let passed = 0; passed < batch.count; passed += placed.at(-1)!.count) {
      const position = batch.position + passed;
      const stream = emptied.shift();
      if (stream) placed.push({ ...batch, stream: stream.stream, version: stream.version, position, count: 1 });
      else placed.push({ ...batch, stream: '', version: batch.version + passed, position, count: Math.min(batch.count - passed, MAX_BATCH_EVENTS) });
    }
    return placed;
  }

  async #findEmptied(): Promise<StreamSummary[]> {
    const emptied: StreamSummary[] = [];
    for await (const page of listAllStreams(this.#source)) {
      const isEmptied = await Promise.all(page.map((summary) => this.#isEmptied(summary)));
      emptied.push(...page.filter((_, i) => isEmptied[i]));
    }
    return emptied;
  }

  async #isEmptied({ stream, version, deleted }: StreamSummary): Promise<boolean> {
    // The last thing of a deleted stream is its tombstone.
    if (deleted) return false;
    const { batches } = await this.#source.readStream(stream, { from: version, limit: 1, direction: 'forwards' });
    return batches.length === 0 && !(await this.#target.streamInfo(stream));
  }
}

function withoutFirst(batch: EventBatch, count: number): EventBatch {
  if (batch.events !== '') return eraseFirst(batch, count, idAt).at(-1)!;
  return { ...batch, version: batch.version + count, position: batch.position + count, count: batch.count - count };
}

/** With what storages index of its events, which a batch that was read does not say. */
function withIndexed(batch: EventBatch): EventBatch {
  const tuples = JSON.parse(batch.events) as EventTuple[];
  const ids = tuples.map(([, , , id]) => id ?? undefined);
  const correlationIds = [...new Set(tuples.flatMap(([, , metadata]) => metadata?.correlationId ?? []))];
  return { ...batch, ...(ids.some((id) => id !== undefined) && { ids }), ...(correlationIds.length > 0 && { correlationIds }) };
}
