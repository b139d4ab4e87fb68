import { assertEqual } from './assert.ts';

/** An append as the model sees it: event ids only, which tell all there is to know. */
export interface ModelWrite {
  readonly stream: string;
  readonly expectedVersion: number;
  readonly ids: readonly string[];
}

export type ModelResult =
  | { readonly ok: true; readonly deduplicated: boolean; readonly results: readonly { readonly version: number; readonly globalPosition: number }[] }
  | { readonly ok: false; readonly code: string; readonly actualVersion?: number };

interface ModelEvent {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly globalPosition: number;
  readonly tombstone: boolean;
}

interface ModelStream {
  version: number;
  deleted: boolean;
}

/** What an event store does, in the simplest words: one array of events, and a map of streams. */
export class Model {
  events: ModelEvent[] = [];
  readonly streams = new Map<string, ModelStream>();
  #position = 0;

  get position(): number {
    return this.#position;
  }

  append(writes: readonly ModelWrite[]): ModelResult {
    const ids = writes.flatMap((write) => write.ids);
    if (ids.some((id) => this.#find(id))) return this.#repeat(writes);
    for (const { stream, expectedVersion } of writes) {
      const refused = this.#refuse(stream, expectedVersion);
      if (refused) return refused;
    }
    const results = writes.map((write) => {
      for (const id of write.ids) this.#write(id, write.stream, false);
      return { version: this.versionOf(write.stream), globalPosition: this.#position };
    });
    return { ok: true, deduplicated: false, results };
  }

  delete(stream: string, expectedVersion: number): ModelResult {
    const refused = this.#refuse(stream, expectedVersion);
    if (refused) return refused;
    this.events = this.events.filter((event) => event.stream !== stream);
    this.#write('', stream, true);
    this.streams.get(stream)!.deleted = true;
    return { ok: true, deduplicated: false, results: [{ version: this.versionOf(stream), globalPosition: this.#position }] };
  }

  truncate(stream: string, beforeVersion: number): number {
    if (this.streams.get(stream)?.deleted) return 0;
    const before = this.events.length;
    this.events = this.events.filter((event) => event.stream !== stream || event.version >= beforeVersion);
    return before - this.events.length;
  }

  versionOf(stream: string): number {
    return this.streams.get(stream)?.version ?? 0;
  }

  eventsOf(stream: string): ModelEvent[] {
    return this.events.filter((event) => event.stream === stream);
  }

  #find(id: string): ModelEvent | undefined {
    return this.events.find((event) => event.id === id && !event.tombstone);
  }

  #refuse(stream: string, expectedVersion: number): ModelResult | undefined {
    const { version, deleted } = this.streams.get(stream) ?? { version: 0, deleted: false };
    if (deleted) return { ok: false, code: 'STREAM_DELETED' };
    const met = expectedVersion === -1 || (expectedVersion === -2 ? version > 0 : expectedVersion === version);
    return met ? undefined : { ok: false, code: 'CONCURRENCY_CONFLICT', actualVersion: version };
  }

  #repeat(writes: readonly ModelWrite[]): ModelResult {
    const results: { version: number; globalPosition: number }[] = [];
    for (const { stream, ids } of writes) {
      const found = ids.map((id) => this.#find(id));
      const together = found.every((event, i) => event && event.stream === stream && event.version === found[0]!.version + i);
      const last = found.at(-1);
      if (!together || !last) return { ok: false, code: 'CORRUPTED_IDEMPOTENCY' };
      results.push({ version: last.version, globalPosition: last.globalPosition });
    }
    return { ok: true, deduplicated: true, results };
  }

  #write(id: string, stream: string, tombstone: boolean): void {
    const version = this.versionOf(stream) + 1;
    this.streams.set(stream, { version, deleted: false });
    this.events.push({ id, stream, version, globalPosition: ++this.#position, tombstone });
  }
}

/** An event in the words of the model. */
export function checkSame(actual: readonly { id: string; version: number; globalPosition: number }[], expected: readonly ModelEvent[], what: string): void {
  const place = ({ version, globalPosition }: { version: number; globalPosition: number }): string => `${version}@${globalPosition}`;
  assertEqual(actual.map(place), expected.map(place), `${what}: versions and positions`);
  for (const [i, { id, tombstone }] of expected.entries()) if (!tombstone) assertEqual(actual[i]?.id, id, `${what}: the id at ${i}`);
}
