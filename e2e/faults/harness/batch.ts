import type { EventData, EventStore } from '../../../src/index.ts';

/** What every event of these tests carries, so that a log can be audited without knowing who wrote it. */
export interface Part {
  /** The same for all events of one append. */
  readonly append: string;
  readonly index: number;
  readonly of: number;
  readonly filler?: string;
}

export interface BatchOptions {
  readonly ids?: readonly string[];
  /** Random bytes that each event carries: letters that repeat would be compressed and never fill anything. */
  readonly bytes?: number;
}

/** The events of one append, recognizable in the log. */
export function batch(size: number, { ids, bytes = 0 }: BatchOptions = {}): EventData[] {
  const append = crypto.randomUUID();
  return Array.from({ length: size }, (_, index) => ({
    type: 'Part',
    data: { append, index, of: size, ...(bytes > 0 && { filler: randomText(bytes) }) } satisfies Part,
    ...(ids && { id: ids[index]! }),
  }));
}

export function randomText(bytes: number): string {
  const chunks: string[] = [];
  for (let left = bytes; left > 0; left -= 30_000) {
    chunks.push(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(Math.min(left, 30_000)))));
  }
  return btoa(chunks.join(''));
}

export interface Audit {
  readonly count: number;
  /** What is wrong with the log; empty when all is well. */
  readonly problems: readonly string[];
  readonly appends: Readonly<Record<string, { readonly ids: string[]; readonly stream: string; readonly globalPosition: number; readonly version: number }>>;
}

/** Reads the whole log: positions and versions without gap or repetition, every append whole and in one piece. */
export async function audit(store: EventStore): Promise<Audit> {
  const problems: string[] = [];
  const appends: Record<string, { ids: string[]; stream: string; globalPosition: number; version: number }> = {};
  const versions = new Map<string, number>();
  const ids = new Set<string>();
  let count = 0;
  let open: Part | undefined;
  for await (const event of store.readAll()) {
    count++;
    const part = event.data as Part;
    const stream = `${event.streamId.category}-${event.streamId.id}`;
    const follows = open ? part.append === open.append && part.index === open.index + 1 : part.index === 0;
    if (event.globalPosition !== count) problems.push(`position ${event.globalPosition} stands at place ${count}`);
    if (event.version !== (versions.get(stream) ?? 0) + 1) problems.push(`${stream} goes from ${versions.get(stream)} to ${event.version}`);
    if (ids.has(event.id)) problems.push(`the id ${event.id} is there twice`);
    if (!follows) problems.push(`append ${(open ?? part).append} is torn at position ${count}`);
    versions.set(stream, event.version);
    ids.add(event.id);
    (appends[part.append] ??= { ids: [], stream, globalPosition: 0, version: 0 }).ids.push(event.id);
    Object.assign(appends[part.append]!, { globalPosition: event.globalPosition, version: event.version });
    open = part.index === part.of - 1 ? undefined : part;
  }
  if (open) problems.push(`append ${open.append} has no end`);
  return { count, problems, appends };
}
