import type { StoredEvent } from '../event/event.ts';
import type { EventFilter } from '../subscription/filter.ts';

/** What is exported, and how; by default the whole log as plain NDJSON. */
export interface ExportOptions {
  /** Inclusive; default the beginning. */
  readonly fromPosition?: number;
  /** Default all events. */
  readonly filter?: EventFilter;
  /** Pack it with gzip, through CompressionStream. */
  readonly gzip?: boolean;
  /** Called after every page. */
  readonly onProgress?: (progress: ExportProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far an export is. */
export interface ExportProgress {
  /** Events written so far. */
  readonly events: number;
  /** Position of the last one, and of the last event of the log when the export began. */
  readonly position: number;
  readonly head: number;
}

const utf8 = new TextEncoder();

/** Events as NDJSON up to the position `end`; pages are read as the consumer takes them. */
export function exportEvents(
  pages: AsyncGenerator<readonly StoredEvent[], void, undefined>,
  end: Promise<number>,
  { gzip = false, onProgress }: ExportOptions,
): ReadableStream<Uint8Array> {
  let written = 0;
  // Who never reads is told nothing; who does is told by the first read.
  end.catch(() => undefined);
  const lines = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const head = await end;
        const { done, value = [] } = await pages.next();
        const events = value.filter((event) => event.globalPosition <= head);
        if (events.length > 0) {
          written += events.length;
          controller.enqueue(utf8.encode(events.map((event) => `${JSON.stringify(event)}\n`).join('')));
          onProgress?.({ events: written, position: events.at(-1)!.globalPosition, head });
        }
        if (done || events.length < value.length) {
          await pages.return();
          controller.close();
        }
      },
      async cancel() {
        await pages.return();
      },
    },
    { highWaterMark: 0 },
  );
  return gzip ? lines.pipeThrough(new CompressionStream('gzip')) : lines;
}
