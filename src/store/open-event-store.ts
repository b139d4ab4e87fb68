import { ReplaySubject } from 'rxjs';
import type { ErmineError } from '../event/errors.ts';
import type { EventRegistry } from '../event/event-registry.ts';
import type { DefinedSerializer } from '../event/define-serializer.ts';
import type { Event, Metadata } from '../event/event.ts';
import { defaultLimits, type Limits } from '../event/limits.ts';
import { checkWholeNumber } from '../event/version.ts';
import type { Storage } from '../storage/storage.ts';
import type { EventStore } from './event-store.ts';
import { LogEventStore } from './log-event-store.ts';

/** What a store is opened with; everything but `storage` may be left out. */
export interface OpenEventStoreOptions<E extends Event = Event> {
  /** Where the log is kept, such as `indexedDbStorage({ name: 'shop' })`. */
  readonly storage: Storage;
  /**
   * The application's events, see `defineEvents`: appends are checked by their schemas before anything is written, events in
   * older shapes are brought up when they are read, and the store has their types.
   */
  readonly events?: EventRegistry<E>;
  /** Makes bytes of the data of events, in place of JSON. Events that are in the log as JSON can still be read. */
  readonly serializer?: DefinedSerializer;
  /** Called for every append; gives the metadata of each event, whose own fields take precedence. */
  readonly metadata?: () => Metadata;
  /** Milliseconds since 1970, for timestamps and ids; default `Date.now`. Order never depends on it. */
  readonly clock?: () => number;
  /** Bounds of events and batches; those that are left out keep their defaults. */
  readonly limits?: Partial<Limits>;
  /** How often subscriptions look for events that no hint told of, in milliseconds; default 2,000. */
  readonly pollIntervalMs?: number;
}

/**
 * Opens a log of events, making it if there is none. Any number of stores may be open on one log, in one tab or several.
 *
 * @throws {StorageUnavailableError} when the storage cannot be used here
 * @throws {StorageBlockedError} when another tab keeps an older version of the database open
 * @throws {InvalidRegistryError} when the upcasters of the events have a hole or go in a circle
 * @throws {VersionTooNewError} when a newer version of the application has upgraded the database
 * @example
 * type ShopEvent = Event<'OrderPlaced', { sku: string }> | Event<'OrderShipped', { at: string }>;
 * const store = await openEventStore<ShopEvent>({ storage: indexedDbStorage({ name: 'shop' }) });
 */
export async function openEventStore<E extends Event = Event>(options: OpenEventStoreOptions<E>): Promise<EventStore<E>> {
  const { storage, events, serializer, metadata, clock = Date.now, limits, pollIntervalMs = 2_000 } = options;
  for (const [name, value] of Object.entries({ ...limits, pollIntervalMs })) checkWholeNumber(value, name, 1);
  const codec = events ? events.createCodec(serializer) : serializer?.createCodec();
  const settings = { codec, metadata, clock: () => checkWholeNumber(Math.floor(clock()), 'clock'), limits: { ...defaultLimits, ...limits }, pollIntervalMs };
  const connection$ = new ReplaySubject<ErmineError | undefined>(1);
  const log = await storage.open((error) => connection$.next(error));
  return new LogEventStore<E>(log, storage.name, connection$, settings);
}
