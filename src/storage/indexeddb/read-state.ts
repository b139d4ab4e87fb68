import { decodeBatch } from '../../event/event-batch.ts';
import { idKey } from '../../event/event-id.ts';
import type { EventLocation, LogState } from '../evaluate-appends.ts';
import type { Append } from '../storage.ts';
import { lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { HeadCache } from './head-cache.ts';
import { requested } from './request.ts';
import { streamRange } from './schema.ts';

/** A tab that is behind by more records than this forgets what it knows of streams instead of catching up. */
const MAX_CATCH_UP_RECORDS = 64;

/** Reads what a decision on these appends needs, and brings the cache up to date with the log. */
export async function readState(
  commits: IDBObjectStore,
  cache: HeadCache,
  appends: readonly Append[],
): Promise<LogState> {
  const streams = [...new Set(appends.flatMap(({ writes }) => writes.map(({ stream }) => stream)))];
  const unknown = streams.filter((stream) => cache.get(stream) === undefined);
  const ids = new Set(appends.flatMap((append) => append.ids));
  const [looked, locations, caughtUp] = await Promise.all([
    readHeads(commits, unknown),
    locate(commits, ids),
    catchUp(commits, cache),
  ]);
  const missed = caughtUp ? [] : await readHeads(commits, streams);
  const heads = new Map([...looked, ...missed]);
  for (const [stream, version] of heads) cache.set(stream, version);
  for (const stream of streams) if (!heads.has(stream)) heads.set(stream, cache.get(stream)!);
  return { tail: cache.tail!, heads, locations };
}

/** @returns whether the versions of streams in the cache are good still */
async function catchUp(commits: IDBObjectStore, cache: HeadCache): Promise<boolean> {
  if (cache.tail !== undefined) {
    const news = await requested<CommitRecord[]>(commits.getAll(IDBKeyRange.lowerBound(cache.tail + 1), MAX_CATCH_UP_RECORDS));
    cache.absorb(news);
    if (news.length < MAX_CATCH_UP_RECORDS) return true;
  }
  cache.reset(await readTail(commits));
  return false;
}

/** Position of the last event of the log. */
export async function readTail(commits: IDBObjectStore): Promise<number> {
  const last = await requested(commits.openCursor(null, 'prev'));
  return last ? lastPosition(last.value as CommitRecord) : 0;
}

/** The versions of streams, 0 for one that does not exist: one key of the index each, without reading a value. */
export async function readHeads(
  commits: IDBObjectStore,
  streams: readonly string[],
): Promise<[stream: string, version: number][]> {
  const index = commits.index('streams');
  return Promise.all(
    streams.map(async (stream): Promise<[string, number]> => {
      const last = await requested(index.openKeyCursor(streamRange(stream), 'prev'));
      return [stream, last ? (last.key as [string, number])[1] : 0];
    }),
  );
}

async function locate(
  commits: IDBObjectStore,
  ids: ReadonlySet<string>,
): Promise<Map<string, EventLocation>> {
  const locations = new Map<string, EventLocation>();
  if (ids.size === 0) return locations;
  const index = commits.index('ids');
  const keys = new Set([...ids].map(idKey));
  const found = await Promise.all([...keys].map((key) => requested(index.getAllKeys(key))));
  const records = await Promise.all([...new Set(found.flat())].map((key) => requested<CommitRecord>(commits.get(key))));
  for (const record of records) {
    for (const batch of toBatches(record)) {
      for (const { id, version, globalPosition } of decodeBatch(batch)) {
        if (ids.has(id)) locations.set(id, { stream: batch.stream, version, position: globalPosition });
      }
    }
  }
  return locations;
}
