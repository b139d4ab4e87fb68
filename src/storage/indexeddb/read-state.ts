import { decodeBatch } from '../../event/event-batch.ts';
import { idKey } from '../../event/event-id.ts';
import type { EventLocation, LogState } from '../evaluate-appends.ts';
import type { Append } from '../storage.ts';
import { lastPosition, toBatches, type CommitRecord } from './commit-record.ts';
import type { HeadCache } from './head-cache.ts';
import { requested } from './request.ts';
import { streamRange } from './schema.ts';

/** Makes requests of one moment of the log. */
interface Looker {
  /** The body makes all its requests before it awaits any. */
  look<T>(body: (commits: IDBObjectStore) => Promise<T>): Promise<T>;
}

/**
 * What a decision on these appends needs, as of one moment of the log. The log may have gone on by the time it is used:
 * whoever writes adds at `tail + 1`, which fails then.
 */
export async function readState(log: Looker, cache: HeadCache, appends: readonly Append[]): Promise<LogState> {
  const streams = new Set(appends.flatMap(({ writes }) => writes.map(({ stream }) => stream)));
  const ids = new Set(appends.flatMap((append) => append.ids));
  const [heads, tail, keys] = await log.look((commits) =>
    Promise.all([readHeads(commits, [...streams]), readTail(commits), findRecords(commits, ids)]),
  );
  // All that the cache holds is of one moment.
  if (cache.tail !== tail) cache.reset(tail);
  for (const [stream, version] of heads) cache.set(stream, version);
  return { tail, heads: new Map(heads), locations: await locate(log, keys, ids) };
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

async function locate(log: Looker, keys: readonly IDBValidKey[], ids: ReadonlySet<string>): Promise<Map<string, EventLocation>> {
  const locations = new Map<string, EventLocation>();
  if (keys.length === 0) return locations;
  const records = await log.look((commits) => Promise.all(keys.map((key) => requested<CommitRecord>(commits.get(key)))));
  for (const batch of records.flatMap((record) => toBatches(record))) {
    for (const { id, version, globalPosition } of decodeBatch(batch)) {
      if (ids.has(id)) locations.set(id, { stream: batch.stream, version, position: globalPosition });
    }
  }
  return locations;
}
