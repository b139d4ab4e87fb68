import { CopyRefusedError, isErmineError, type CopyRefusal } from '../event/errors.ts';
import { AnyVersion } from '../event/version.ts';
import type { Log, Storage } from '../storage/storage.ts';
import { REPLICA } from '../sync/replica-state.ts';
import { firstOtherStream, matchEvents } from './compare-logs.ts';
import { Placement } from './placement.ts';

/** About this many events are written in one transaction of the target. */
const PAGE_EVENTS = 1_000;

/** How a copy is watched and stopped. */
export interface CopyOptions {
  /** Called after every page that was written or compared. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Stops after the page under way: what was copied stays, and copying again goes on from there. */
  readonly signal?: AbortSignal;
}

/** How far a copy is. */
export interface CopyProgress {
  /** Up to this position the target holds the log. */
  readonly copied: number;
  /** Up to this position both logs were read again and compared; it ends at `total`. */
  readonly verified: number;
  /** Position of the last event of the source. */
  readonly total: number;
}

/** What a copy did, once both logs were compared. */
export interface CopyResult {
  /** Events that this call wrote. */
  readonly copied: number;
  /** Events that are in both logs now. */
  readonly events: number;
  /** Position of the last event of both. */
  readonly position: number;
}

/**
 * Copies a log into another storage, with everything as it is: ids, versions, positions, times, metadata, serialized data,
 * deleted and truncated streams. The source is only read. When it resolves, both logs were read and compared from the first
 * event to the last, and their streams as well.
 *
 * A target that holds the beginning of the log already gets the rest, so a copy that was stopped goes on, and one that is
 * done can be brought up to date. Snapshots and documents, such as read models, are not copied: they are made anew. The
 * target has its own epoch, so a checkpoint of the source is one of the target by its position alone.
 *
 * Nobody else should append to the target meanwhile. What is appended to the source is copied too.
 *
 * @throws {CopyRefusedError} when the target holds another log, or one of them is a replica of a server, or events of the
 * source were erased meanwhile
 * @throws {StorageUnavailableError} {StorageBlockedError} {StorageFullError} of either storage; the copy goes on when it is
 * called again
 * @example await copyStore(indexedDbStorage({ name: 'shop' }), sqliteStorage({ name: 'shop' }));
 */
export async function copyStore(from: Storage, to: Storage, options: CopyOptions = {}): Promise<CopyResult> {
  options.signal?.throwIfAborted();
  const source = await from.open(() => undefined);
  try {
    const target = await to.open(() => undefined);
    try {
      return await copyLog(source, target, options);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copyLog(source: Log, target: Log, { onProgress, signal }: CopyOptions): Promise<CopyResult> {
  if (source.epoch === target.epoch) throw refused('SAME_LOG', 0);
  for (const log of [source, target]) await refuseReplica(log);
  const placement = new Placement(source, target);
  let position = await target.head();
  let [copied, events, verified] = [0, 0, 0];
  // First what the target has already, then what was copied, and then what the source got meanwhile.
  for (let reason: CopyRefusal = 'OTHER_LOG'; ; reason = 'CHANGED') {
    const total = await source.head();
    if (position > total) throw refused(reason, total + 1);
    const report = (): void => onProgress?.({ copied: position, verified, total: Math.max(position, total) });
    const compared = await matchEvents(source, target, verified + 1, position, (reached) => {
      signal?.throwIfAborted();
      verified = reached;
      report();
    });
    if (compared.differsAt !== undefined) throw refused(reason, compared.differsAt);
    events += compared.events;
    if (position === total) break;
    while (position < total) {
      signal?.throwIfAborted();
      const page = await copyPage(source, target, placement, position);
      position = page.position;
      copied += page.events;
      report();
    }
  }
  const [stream, head] = [await firstOtherStream(source, target), await target.head()];
  if (stream !== undefined || head !== position) throw refused('CHANGED', position, stream);
  return { copied, events, position };
}

/** Writes the page after a position. @returns up to where the target holds the log now, and how many events were written */
async function copyPage(source: Log, target: Log, placement: Placement, after: number): Promise<{ position: number; events: number }> {
  const page = await source.readAll({ from: after + 1, limit: PAGE_EVENTS, direction: 'forwards' });
  const batches = await placement.place(page.batches, after);
  const last = batches.at(-1);
  if (!last) throw refused('CHANGED', after + 1);
  const writes = batches.map((batch) => ({ stream: batch.stream, expectedVersion: AnyVersion, batches: [batch] }));
  const [outcome] = await target.commit([{ writes, ids: [], after }]);
  if (outcome!.ok) return { position: last.position + last.count - 1, events: batches.reduce((sum, { events, count }) => sum + (events === '' ? 0 : count), 0) };
  const { error } = outcome!;
  // Another copy was faster, or an earlier try of this page went through: whether it is right, comparing tells.
  const position = await target.head();
  if (position > after) return { position, events: 0 };
  if (isErmineError(error, 'STORAGE_BLOCKED')) throw error;
  throw refused('CHANGED', after + 1, undefined, { cause: error });
}

/** What is pending in a replica is not in its log, and its log has gaps. */
async function refuseReplica(log: Log): Promise<void> {
  const documents = await log.documents();
  const [replica] = await documents.get([REPLICA]);
  if (replica !== undefined) throw refused('REPLICA', 0);
}

const WHY: { readonly [Reason in CopyRefusal]: (position: number, stream?: string) => string } = {
  SAME_LOG: () => 'Source and target are the same log. Nothing was copied.',
  REPLICA: () => 'The log of a synced store is not copied: what is pending would be missing. Open a synced store on the other storage, it fetches the log.',
  OTHER_LOG: (position) => `The target holds another log: at position ${position} it is not what the source has. Nothing was copied. Copy into an empty storage.`,
  CHANGED: (position, stream) =>
    `The logs differ at ${stream === undefined ? `position ${position}` : `stream "${stream}"`} after they were copied: something was erased in the source, or written to the target, meanwhile. ` +
    'The source is as it was. Copy into an empty storage.',
};

function refused(reason: CopyRefusal, position: number, stream?: string, options?: ErrorOptions): CopyRefusedError {
  return new CopyRefusedError(reason, position, WHY[reason](position, stream), options);
}
