import type { Log, StreamSummary } from './storage.ts';

const PAGE_STREAMS = 500;

/** All streams in the order of their names, deleted ones too, in pages; the last one is not full, and may be empty. */
export async function* listAllStreams(log: Log): AsyncGenerator<readonly StreamSummary[], undefined> {
  for (let after: string | undefined; ; ) {
    const page = await log.listStreams({ category: undefined, after, limit: PAGE_STREAMS });
    yield page;
    if (page.length < PAGE_STREAMS) return undefined;
    after = page.at(-1)!.stream;
  }
}
