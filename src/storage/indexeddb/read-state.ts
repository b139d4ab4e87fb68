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

/** Runs requests of one moment of the log; the body makes them all before it awaits any. */
export type Look = <T>(body: (commits: IDBObjectStore) => Promise<T>) => Promise<T>;

/**
 * What a decision on these appends needs, as of one moment of the log. The log may go on meanwhile: whoever writes adds at
 * `tail + 1`, which fails then. Brings the cache up to date.
 */
export async function readState(look: Look, cache: HeadCache, appends: readonly Append[]): Promise<LogState> {
  const streams = [...new Set(appends.flatMap(({ writes }) => writes.map(({ stream }) => stream)))];
  const ids = new Set(appends.flatMap((append) => append.ids));
  const before = cache.tail;
  // Taken now: while this waits, reads may bring the cache to a later moment than the one that is looked at.
  const heads = new Map<string, number | undefined>(streams.map((stream) => [stream, before === undefined ? undefined : cache.get(stream)]));
  const unknown = streams.filter((stream) => heads.get(stream) === undefined);
  const [looked, keys, end] = await look((commits) =>
    Promise.all([readHeads(commits, unknown), findRecords(commits, ids), before === undefined ? readTail(commits) : readNews(commits, before)]),
  );
  const news = typeof end === 'number' ? [] : end;
  if (news.length === MAX_CATCH_UP_RECORDS) {
    cache.reset(undefined);
    return readState(look, cache, appends);
  }
  for (const [stream, version] of looked) heads.set(stream, version);
  for (const entry of news.flatMap(({ s }) => s)) if (entry && heads.has(entry[0])) heads.set(entry[0], entry[1]);
  const tail = typeof end === 'number' ? end : news.length > 0 ? lastPosition(news.at(-1)!) : before!;
  if (cache.tail === undefined) cache.reset(tail);
  cache.absorb(news);
  const state = { tail, heads: heads as Map<string, number>, locations: await locate(look, keys, ids) };
  if (cache.tail === tail) for (const [stream, version] of state.heads) cache.set(stream, version);
  return state;
}

function readNews(commits: IDBObjectStore, tail: number): Promise<CommitRecord[]> {
  return requested<CommitRecord[]>(commits.getAll(IDBKeyRange.lowerBound(tail + 1), MAX_CATCH_UP_RECORDS));
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

/** Keys of the records that may hold these event ids. */
async function findRecords(commits: IDBObjectStore, ids: ReadonlySet<string>): Promise<IDBValidKey[]> {
  const index = commits.index('ids');
  const keys = await Promise.all([...new Set([...ids].map(idKey))].map((key) => requested(index.getAllKeys(key))));
  return [...new Set(keys.flat())];
}

async function locate(look: Look, keys: readonly IDBValidKey[], ids: ReadonlySet<string>): Promise<Map<string, EventLocation>> {
  const locations = new Map<string, EventLocation>();
  if (keys.length === 0) return locations;
  const records = await look((commits) => Promise.all(keys.map((key) => requested<CommitRecord>(commits.get(key)))));
  for (const record of records) {
    for (const batch of toBatches(record)) {
      for (const { id, version, globalPosition } of decodeBatch(batch)) {
        if (ids.has(id)) locations.set(id, { stream: batch.stream, version, position: globalPosition });
      }
    }
  }
  return locations;
}
