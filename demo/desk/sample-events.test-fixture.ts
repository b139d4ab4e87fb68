import type { StoredEvent } from 'ermine';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The events of the demo's file, as a log that imported them has them. */
export const sampleEvents: readonly StoredEvent[] = readSample();

function readSample(): StoredEvent[] {
  const versions = new Map<string, number>();
  const text = gunzipSync(readFileSync(new URL('../public/permits.ndjson.gz', import.meta.url))).toString();
  return text
    .trim()
    .split('\n')
    .map((line, i) => {
      const event = JSON.parse(line) as Omit<StoredEvent, 'timestamp'> & { timestamp: string };
      const version = (versions.get(event.streamId.id) ?? 0) + 1;
      versions.set(event.streamId.id, version);
      return { ...event, id: String(i), timestamp: Date.parse(event.timestamp), version, globalPosition: i + 1 };
    });
}
