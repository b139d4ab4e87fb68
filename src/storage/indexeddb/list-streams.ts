import type { StreamSummary } from '../storage.ts';
import type { Connection } from './connection.ts';
import type { Kit } from './kit.ts';

/** What is known of a stream; undefined when there never was one. */
export async function streamInfo(kit: Kit, connection: Connection, stream: string): Promise<StreamSummary | undefined> {
  const [summary] = await connection.look((commits) => summarize(kit, commits, [stream]));
  return summary!.version === 0 ? undefined : summary;
}

/** At most `limit` streams in the order of their names, after one of them. */
export async function listStreams(
  kit: Kit,
  connection: Connection,
  { category, after, limit }: { category: string | undefined; after: string | undefined; limit: number },
): Promise<StreamSummary[]> {
  return connection.run(['commits'], 'readonly', async (transaction) => {
    // An array is above every number, so [stream, []] is after all keys of the stream, and ['', []] after those of erased
    // events that were placed; "." is the character after "-".
    const lower = after === undefined && category !== undefined ? [`${category}-`] : [after ?? '', []];
    const names = category === undefined ? IDBKeyRange.lowerBound(lower) : IDBKeyRange.bound(lower, [`${category}.`]);
    const streams: string[] = [];
    const commits = kit.commitsOf(transaction);
    const keys = commits.index('streams').openKeyCursor(names);
    for (let cursor = await kit.requested(keys); cursor && streams.length < limit; cursor = await kit.requested(keys)) {
      const [stream] = cursor.key as [string, number];
      streams.push(stream);
      cursor.continue([stream, []]);
    }
    return summarize(kit, commits, streams);
  });
}

async function summarize(kit: Kit, commits: IDBObjectStore, streams: readonly string[]): Promise<StreamSummary[]> {
  const heads = await kit.readHeads(commits, streams);
  return heads.map(([stream, head]) => ({ stream, version: Math.floor(head), deleted: kit.isDeleted(head) }));
}
