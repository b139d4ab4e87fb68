import type { EventBatch } from '../../event/event-batch.ts';

/**
 * A page as one string: for each batch a line of JSON with what {@link Header} says, and a line with its events. JSON as it
 * is stored holds no line break.
 */
export type PageText = string;

type Header = readonly [position: number, stream: string | null, version: number, count: number, timestamp: number, idBase: string | null];

export function parsePage(text: PageText): EventBatch[] {
  const lines = text === '' ? [] : text.split('\n');
  const batches: EventBatch[] = [];
  for (let i = 0; i < lines.length; i += 2) {
    const [position, stream, version, count, timestamp, idBase] = JSON.parse(lines[i]!) as Header;
    batches.push({ stream: stream ?? '', version, position, count, timestamp, idBase: dashed(idBase ?? ''), events: lines[i + 1]! });
  }
  return batches;
}

/** The hex digits of an id base as the start of a UUID. */
function dashed(hex: string): string {
  return hex.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
