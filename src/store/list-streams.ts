import type { decodeBatch } from '../event/event-batch.ts';
import type { Log, StreamSummary } from '../storage/storage.ts';
import type { ListStreamsOptions, StreamInfo, StreamListing } from './event-store.ts';

const PAGE_STREAMS = 256;

/** @param decode handed over, not imported, see decision 5 */
export async function getStreamInfo(log: Log, stream: string, decode: typeof decodeBatch): Promise<StreamInfo | undefined> {
  const summary = await log.streamInfo(stream);
  if (!summary) return undefined;
  const [first, last] = await Promise.all([
    log.readStream(stream, { from: 1, limit: 1, direction: 'forwards' }),
    log.readStream(stream, { from: Infinity, limit: 1, direction: 'backwards' }),
  ]);
  const updatedAt = last.batches.flatMap(decode).at(-1)?.timestamp ?? 0;
  return { ...toListing(summary), createdAt: first.batches.flatMap(decode)[0]?.timestamp ?? updatedAt, updatedAt };
}

/** Page by page, in the order of their names. */
export async function* listStreams(log: Log, { category, includeDeleted = false, signal }: ListStreamsOptions): AsyncGenerator<StreamListing, void, undefined> {
  for (let after: string | undefined; ; ) {
    signal?.throwIfAborted();
    const streams = await log.listStreams({ category, after, limit: PAGE_STREAMS });
    for (const summary of streams) if (includeDeleted || !summary.deleted) yield toListing(summary);
    if (streams.length < PAGE_STREAMS) return;
    after = streams.at(-1)!.stream;
  }
}

function toListing({ stream, version, deleted }: StreamSummary): StreamListing {
  const dash = stream.indexOf('-');
  return { streamId: { category: stream.slice(0, dash), id: stream.slice(dash + 1) }, version, deleted };
}
