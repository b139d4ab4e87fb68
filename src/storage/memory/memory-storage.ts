import { eraseFirst } from '../../event/erase-first.ts';
import { decodeBatch, type EventBatch, type NewBatch } from '../../event/event-batch.ts';
import { ConcurrencyError, StoreClosedError } from '../../event/errors.ts';
import { idAt } from '../../event/event-id.ts';
import { checkPlace } from '../check-place.ts';
import { deletedAt, evaluateAppends, isDeleted, writtenBatches, type EventLocation } from '../evaluate-appends.ts';
import type {
  Append,
  AppendOutcome,
  DocumentLog,
  Log,
  Page,
  ReadRange,
  SnapshotRecord,
  Storage,
  StorageState,
  StreamSummary,
} from '../storage.ts';
import { MemoryDocuments, memoryDocumentLog } from './memory-documents.ts';

/**
 * Keeps a log in memory, for tests, servers that render, and everything that may be forgotten. Every store opened on the
 * same returned object shares one log, which lives as long as that object; two calls make two logs.
 *
 * @example const store = await openEventStore({ storage: memoryStorage() });
 */
export function memoryStorage(): Storage {
  const data = new MemoryData();
  return { name: `memory:${data.epoch}`, open: async () => new MemoryLog(data) };
}

class MemoryData {
  readonly epoch = crypto.randomUUID();
  readonly heads = new Map<string, number>();
  readonly locations = new Map<string, EventLocation>();
  /** Of all streams and of each one, in order, without gaps: what a position or version finds by bisection. */
  readonly batches: EventBatch[] = [];
  readonly batchesByStream = new Map<string, EventBatch[]>();
  readonly snapshots = new Map<string, Map<string, SnapshotRecord>>();
  readonly documents = new MemoryDocuments();
  tail = 0;
  #sorted: readonly string[] = [];

  /** The names of all streams in order. There are never fewer, and who lists them asks page by page. */
  streams(): readonly string[] {
    if (this.#sorted.length !== this.heads.size) this.#sorted = [...this.heads.keys()].sort();
    return this.#sorted;
  }
}

/** Every operation is one synchronous step on the shared data, which is what makes it a transaction. */
class MemoryLog implements Log {
  readonly epoch: string;
  readonly snapshots = {
    save: async (stream: string, key: string, snapshot: SnapshotRecord): Promise<void> => {
      const { snapshots } = this.#open();
      snapshots.set(stream, (snapshots.get(stream) ?? new Map()).set(key, snapshot));
    },
    load: async (stream: string, key: string): Promise<SnapshotRecord | undefined> =>
      this.#open().snapshots.get(stream)?.get(key),
    delete: async (stream: string, key: string | undefined): Promise<void> => {
      const { snapshots } = this.#open();
      if (key === undefined) snapshots.delete(stream);
      else snapshots.get(stream)?.delete(key);
    },
  };
  #data: MemoryData | undefined;

  constructor(data: MemoryData) {
    this.#data = data;
    this.epoch = data.epoch;
  }

  async commit(appends: readonly Append[]): Promise<AppendOutcome[]> {
    const data = this.#open();
    const outcomes = evaluateAppends(appends, data, (append, state) => checkPlace(append, state, ConcurrencyError) ?? data.documents.writeWith(append, state.tail));
    for (const batch of writtenBatches(outcomes)) this.#write(data, batch);
    // Of erased events that were placed, which belong to no stream.
    data.heads.delete('');
    return outcomes;
  }

  async head(): Promise<number> {
    return this.#open().tail;
  }

  async readAll(range: ReadRange): Promise<Page> {
    return readPage(this.#open().batches, range, positionOf);
  }

  async readStream(stream: string, range: ReadRange): Promise<Page> {
    const { batchesByStream, heads } = this.#open();
    const batches = batchesByStream.get(stream) ?? [];
    if (isDeleted(heads.get(stream) ?? 0)) return { batches, next: undefined };
    return readPage(batches, range, (batch) => batch.version);
  }

  async streamInfo(stream: string): Promise<StreamSummary | undefined> {
    const data = this.#open();
    return data.heads.has(stream) ? summarize(data, stream) : undefined;
  }

  async listStreams({ category, after, limit }: { category: string | undefined; after: string | undefined; limit: number }): Promise<StreamSummary[]> {
    const data = this.#open();
    const start = category === undefined ? '' : `${category}-`;
    const names = data.streams();
    const from = after ?? start;
    let index = Math.max(0, indexAt(names, from, (name) => name));
    if (names[index]! <= from) index++;
    const found: StreamSummary[] = [];
    for (; found.length < limit && names[index]?.startsWith(start); index++) found.push(summarize(data, names[index]!));
    return found;
  }

  async deleteStream(stream: string, expectedVersion: number, tombstone: NewBatch): Promise<AppendOutcome> {
    const data = this.#open();
    const [outcome] = evaluateAppends([{ writes: [{ stream, expectedVersion, batches: [tombstone] }], ids: [] }], data);
    if (!outcome?.ok) return outcome!;
    this.#erase(data, stream, Infinity);
    for (const batch of outcome.batches) this.#write(data, batch);
    data.batchesByStream.set(stream, [...outcome.batches]);
    data.heads.set(stream, deletedAt(outcome.results[0]!.version));
    data.snapshots.delete(stream);
    return outcome;
  }

  async truncateStream(stream: string, beforeVersion: number): Promise<number> {
    const data = this.#open();
    return isDeleted(data.heads.get(stream) ?? 0) ? 0 : this.#erase(data, stream, beforeVersion);
  }

  async documents(): Promise<DocumentLog> {
    return memoryDocumentLog(() => this.#open().documents);
  }

  state(): StorageState {
    return { durability: 'none', connection: this.#data ? 'open' : 'closed' };
  }

  async close(): Promise<void> {
    this.#data = undefined;
  }

  #open(): MemoryData {
    if (!this.#data) throw new StoreClosedError();
    return this.#data;
  }

  #write(data: MemoryData, batch: EventBatch): void {
    data.batches.push(batch.events === '' ? { ...batch, stream: '' } : batch);
    if (batch.events === '') return;
    data.batchesByStream.set(batch.stream, data.batchesByStream.get(batch.stream) ?? []);
    data.batchesByStream.get(batch.stream)!.push(batch);
    for (const { id, version, globalPosition } of decodeBatch(batch)) {
      data.locations.set(id, { stream: batch.stream, version, position: globalPosition });
    }
  }

  #erase(data: MemoryData, stream: string, beforeVersion: number): number {
    let erased = 0;
    const kept = (data.batchesByStream.get(stream) ?? []).flatMap((batch) => {
      if (batch.version >= beforeVersion) return [batch];
      const parts = eraseFirst(batch, beforeVersion - batch.version, idAt);
      for (const { id } of decodeBatch(batch).slice(0, parts[0]!.stream === '' ? parts[0]!.count : 0)) {
        data.locations.delete(id);
        erased++;
      }
      data.batches.splice(indexAt(data.batches, batch.position, positionOf), 1, ...parts);
      return parts.filter((part) => part.stream === stream);
    });
    data.batchesByStream.set(stream, kept);
    return erased;
  }
}

function summarize(data: MemoryData, stream: string): StreamSummary {
  const head = data.heads.get(stream)!;
  return { stream, version: Math.floor(head), deleted: isDeleted(head) };
}

function readPage(batches: readonly EventBatch[], { from, limit, direction }: ReadRange, firstOf: (batch: EventBatch) => number): Page {
  const step = direction === 'forwards' ? 1 : -1;
  const page: EventBatch[] = [];
  let count = 0;
  let index = indexAt(batches, from, firstOf);
  if (direction === 'forwards' && batches[index] && firstOf(batches[index]!) + batches[index]!.count <= from) index++;
  for (; batches[index] && count < limit; index += step) {
    page.push(batches[index]!);
    count += batches[index]!.count;
  }
  const following = batches[index];
  if (!following) return { batches: page, next: undefined };
  return { batches: page, next: firstOf(following) + (step === 1 ? 0 : following.count - 1) };
}

function positionOf({ position }: EventBatch): number {
  return position;
}

/** The last one that begins at or before `from`; the first one when all begin after it, -1 when there is none. */
function indexAt<T, Place extends string | number>(sorted: readonly T[], from: Place, firstOf: (item: T) => Place): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (firstOf(sorted[middle]!) <= from) low = middle;
    else high = middle - 1;
  }
  return high < 0 ? -1 : low;
}
