import { ReplaySubject } from 'rxjs';
import { SyncRefusedError, type ErmineError } from '../event/errors.ts';
import { plainDecoder } from '../event/event-batch.ts';
import { idAt, newIdBase } from '../event/event-id.ts';
import type { Event } from '../event/event.ts';
import { defaultLimits } from '../event/limits.ts';
import { AnyVersion, checkWholeNumber } from '../event/version.ts';
import { clearReadModels } from '../projection/clear-read-models.ts';
import type { Storage } from '../storage/storage.ts';
import { adoptLog, type AdoptProgress } from '../sync/adopt-log.ts';
import { checkPolicies, type ConflictPolicies } from '../sync/conflict-policy.ts';
import { Generations } from '../sync/generations.ts';
import { PendingAppends } from '../sync/pending-appends.ts';
import { normalizeScope } from '../sync/protocol-scope.ts';
import type { Scope } from '../sync/protocol.ts';
import { isUntouched } from '../sync/replica-state.ts';
import { Replica } from '../sync/replica.ts';
import type { ResolveSettings } from '../sync/resolve-conflicts.ts';
import { SyncEngine } from '../sync/sync-engine.ts';
import { httpTransport, type Transport } from '../sync/transport.ts';
import { storeParts } from '../subscription/store-parts.ts';
import { createHintChannel } from '../tabs/hint-channel.ts';
import type { LockManagerLike } from '../tabs/leadership.ts';
import { encodeAppend } from './encode-append.ts';
import { LogEventStore } from './log-event-store.ts';
import type { OpenEventStoreOptions } from './open-event-store.ts';
import type { SyncedStore } from './synced-store.ts';
import { SyncedEventStore } from './synced-event-store.ts';

/** What a synced store is opened with: `storage`, and `url` or `transport`. */
export interface OpenSyncedStoreOptions<E extends Event = Event> extends Omit<OpenEventStoreOptions<E>, 'storage'> {
  /**
   * Where the replica of the server's log is kept. It is used for nothing else: a storage that was opened without sync is
   * refused, see `adopt`. A function gives a storage for each generation, the first one 0: when the filter or the rights
   * have changed, what is wanted now is replicated into the next one while this one serves on, and the store that is opened
   * after that goes on there with all that is pending. The same generation must always get the same storage.
   */
  readonly storage: Storage | ((generation: number) => Storage);
  /** Where the handler of `ermine/server` is mounted. */
  readonly url?: string | URL;
  /** The token, or what gives a fresh one; it is asked for every request. */
  readonly token?: string | (() => string | Promise<string>);
  /** In place of `url` and `token`: whatever carries the messages. */
  readonly transport?: Transport;
  /** What is replicated: streams of these categories, at most 1,000, and these streams, at most 10,000; everything unless told. */
  readonly filter?: Scope;
  /** What becomes of a pending commit whose stream somebody else has moved, by category; `reject` unless told. */
  readonly conflicts?: ConflictPolicies<E>;
  /** Keep the order within each stream only, so that a stream in conflict does not hold up the others; default false. */
  readonly lanes?: boolean;
  /**
   * A local log that was never synced: its events become pending commits, before this resolves, with their ids and times.
   * It is only read, and may be given each time: what was taken once is not taken again.
   */
  readonly adopt?: Storage;
  /** Called as the events of `adopt` are taken over. */
  readonly onAdopt?: (progress: AdoptProgress) => void;
  /** Begins paused. */
  readonly paused?: boolean;
  /** How often the server is asked when it says nothing, in milliseconds; default 60,000. */
  readonly syncIntervalMs?: number;
  /** How long other tabs wait for the one that leads, in milliseconds; default 10,000. */
  readonly takeoverMs?: number;
  /** Between 0 and 1, for the spread of retries; default `Math.random`. */
  readonly random?: () => number;
  /** Default `navigator.locks`; null for none: then every tab syncs, which is safe. */
  readonly locks?: LockManagerLike | null;
}

/**
 * Opens an event store that works offline and syncs with a server: see {@link SyncedStore}. It resolves as soon as the
 * storage is open, whether there is a network or not.
 *
 * @throws {SyncRefusedError} when the storage holds a log that is not a replica, or one that has moved on to another storage
 * @throws {StorageUnavailableError} {StorageBlockedError} {VersionTooNewError}
 * @example
 * const store = await openSyncedStore({
 *   storage: indexedDbStorage({ name: 'shop-replica' }),
 *   url: 'https://shop.example/sync',
 *   token: () => session.token(),
 *   conflicts: { Note: 'keepBoth', Counter: 'rebase' },
 * });
 */
export async function openSyncedStore<E extends Event = Event>(options: OpenSyncedStoreOptions<E>): Promise<SyncedStore<E>> {
  const { events, serializer, metadata, limits, pollIntervalMs = 2_000, syncIntervalMs = 60_000, takeoverMs = 10_000 } = options;
  for (const [name, value] of Object.entries({ ...limits, pollIntervalMs, syncIntervalMs, takeoverMs })) checkWholeNumber(value, name, 1);
  const policies = (options.conflicts ?? {}) as ConflictPolicies;
  checkPolicies(policies);
  const clock = (): number => checkWholeNumber(Math.floor((options.clock ?? Date.now)()), 'clock');
  const transport = options.transport ?? httpTransportOf(options);
  const filter = normalizeScope(options.filter);
  const codec = events ? events.createCodec(serializer) : serializer?.createCodec();
  const decoder = codec ?? plainDecoder;
  const settings = { codec, metadata, clock, limits: { ...defaultLimits, ...limits }, pollIntervalMs, sparse: true };
  const encode: ResolveSettings['encode'] = async (stream, data) => {
    const context = { limits: settings.limits, now: clock(), metadata: metadata?.() };
    const append = { streamId: stream, expectedVersion: AnyVersion, events: data };
    // It keeps to all that an append keeps to: a commit of nothing would be confirmed without a trace.
    const { writes } = encodeAppend(codec ? await codec.encode([append], context) : [append], context);
    return writes[0]!.batches;
  };
  const connection$ = new ReplaySubject<ErmineError | undefined>(1);
  const generations = new Generations(options.storage, clearReadModels);
  const current = await generations.openCurrent((error) => connection$.next(error));
  const { log, storage, documents } = current;
  const cleanUps: (() => unknown)[] = [() => log.close()];
  try {
    if (!(await isUntouched(log, documents))) {
      throw new SyncRefusedError('NOT_A_REPLICA', 'The storage holds a log that was written without sync. Give the replica a storage of its own, and this one as `adopt`.');
    }
    const inner = new LogEventStore<E>(log, storage.name, connection$, settings);
    cleanUps.push(() => inner.close());
    // The store and the engine come last, and hear of every change then.
    const parts: { store?: SyncedEventStore<E>; engine?: SyncEngine } = {};
    const channel = createHintChannel(`${storage.name}:outbox`, () => {
      parts.store?.outboxChanged();
      parts.engine?.wake();
    });
    cleanUps.push(() => channel.close());
    const replica = new Replica(log, documents, { append: (append) => inner[storeParts].append(append) }, () => {
      const { head } = replica.outbox.seen!;
      channel.publish({ epoch: log.epoch, position: head.next + head.edits });
      parts.store?.outboxChanged();
    });
    await replica.outbox.create(idAt(newIdBase(clock()), 0));
    if (options.adopt) await adoptLog(options.adopt, replica, options.onAdopt);
    const engine = new SyncEngine(replica, {
      transport,
      filter,
      policies,
      lanes: options.lanes ?? false,
      clock,
      openSuccessor: generations.successorOf(current),
      encode,
      decoder,
      random: options.random ?? Math.random,
      timers: globalThis,
      locks: options.locks === null ? undefined : (options.locks ?? globalThis.navigator?.locks),
      name: `ermine-sync:${storage.name}`,
      pollIntervalMs: syncIntervalMs,
      takeoverMs,
      paused: options.paused ?? false,
    });
    const store = new SyncedEventStore<E>(inner, replica, new PendingAppends(replica, filter, clock), engine, { ...settings, channel, encode, decoder });
    Object.assign(parts, { store, engine });
    return store;
  } catch (error) {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    throw error;
  }
}

function httpTransportOf({ url, token }: Pick<OpenSyncedStoreOptions, 'url' | 'token'>): Transport {
  if (url === undefined) throw new TypeError('openSyncedStore needs the `url` of the server, or a `transport`.');
  return httpTransport({ url, ...(token !== undefined && { token }) });
}
