import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One line of the demo's log, as the file has it. */
export interface SampleEvent {
  readonly streamId: { readonly category: string; readonly id: string };
  readonly type: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data: {
    readonly group: string;
    readonly case?: { readonly responsible: string; readonly department: string; readonly channel: string };
  };
  readonly metadata: { readonly correlationId: string; readonly userId: string };
}

const file = readFileSync(join(import.meta.dirname, '../demo/public/permits.ndjson.gz'));

/** The events of the file in order: that at position p of the log is at index p - 1. */
export const sampleEvents = gunzipSync(file)
  .toString()
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as SampleEvent);

export function countCases(events: readonly SampleEvent[]): number {
  return new Set(events.map(({ streamId }) => streamId.id)).size;
}
