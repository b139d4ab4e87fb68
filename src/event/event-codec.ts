import { eventsPath, type EncodableEvent, type EventCodec } from './encode.ts';
import { InvalidEventError, InvalidRegistryError, UnreadableEventError } from './errors.ts';
import type { RawEvent } from './event-batch.ts';
import { idAt, newIdBase } from './event-id.ts';
import type { EventDefinition, RegistryOptions } from './event-definition.ts';
import type { StoredEvent } from './event.ts';
import { checkJson } from './json.ts';
import type { Limits } from './limits.ts';
import { Turns, andThen, attempt, isPromise, type MaybePromise } from './maybe-promise.ts';
import { createPacker, type PackContext } from './pack-data.ts';
import type { EventSerializer } from './serializer.ts';
import { streamIdToString } from './stream-id.ts';
import { issuePath, type SchemaResult, type StandardSchema } from './standard-schema.ts';
import { chainUpcasters, shapeName, targetOf, type Upcaster } from './upcaster.ts';

/** So many ids begin with one base, see {@link idAt}. */
const IDS_OF_BASE = 65_536;

/**
 * Checks, versions and serializes what is appended; deserializes, upcasts and, if asked, checks what is read.
 *
 * @throws {InvalidRegistryError} when the upcasters have a hole or go in a circle
 */
export function createCodec(
  definitions: ReadonlyMap<string, EventDefinition>,
  { unknown = 'keep', validateOnLoad = false, upcasters = [] }: RegistryOptions,
  serializer?: EventSerializer,
): EventCodec {
  const packer = createPacker(serializer);
  const turns = new Turns();
  const current = new Map([...definitions].map(([type, { schemaVersion = 1 }]) => [type, schemaVersion]));
  for (const [type, version] of current) {
    if (!Number.isSafeInteger(version) || version < 1) throw new InvalidRegistryError(`the schema version of ${type} is ${version}, but must be a whole number of at least 1`);
  }
  const { chains, problem } = chainUpcasters(upcasters, current);
  if (problem) throw new InvalidRegistryError(problem);

  /** The event as it is to be stored, before its data is serialized. */
  const checked = (event: EncodableEvent, path: string): MaybePromise<EncodableEvent> => {
    const definition = definitions.get(event.type);
    if (!definition) {
      if (unknown === 'refuse') throw new InvalidEventError(`${path}.type`, `is "${event.type}", which is not in the registry: define it`);
      return event;
    }
    const { schema, schemaVersion = 1 } = definition;
    const stamped = { ...event, schemaVersion };
    const accept = (result: SchemaResult<unknown>): EncodableEvent => {
      const issue = result.issues?.[0];
      if (issue) throw new InvalidEventError(`${path}.data${issuePath(issue)}`, `of ${event.type} is refused by its schema: ${issue.message}`);
      return { ...stamped, data: (result as { readonly value: unknown }).value };
    };
    return schema ? andThen(validate(schema, event.data), accept) : stamped;
  };

  const encodeEvent = (event: EncodableEvent, path: string, context: PackContext): MaybePromise<EncodableEvent> => {
    // What is not an event, or has a reserved type, is reported by the encoding that follows.
    if (typeof event !== 'object' || event === null || typeof event.type !== 'string' || event.type.startsWith('$')) return event;
    return andThen(checked(event, path), (valid) => packer.pack(valid, path, context));
  };

  const decodeEvent = (raw: RawEvent): MaybePromise<StoredEvent> => {
    const { type, schemaVersion = 1, format } = raw;
    if (type.startsWith('$')) return raw;
    const chain = chains.get(shapeName({ type, schemaVersion }));
    const isCurrent = current.get(type) === schemaVersion;
    if (!chain && !format && isCurrent && schemaVersion === 1 && !validateOnLoad) return raw;
    return andThen(packer.unpack(raw), (data) => {
      const { format: _format, schemaVersion: _version, ...event } = raw;
      if (chain) return check({ ...event, ...upcast(chain, data, raw) });
      if (isCurrent) return check({ ...event, data });
      if (unknown === 'refuse') throw new UnreadableEventError(raw, 'is not in the registry, in this schema version');
      return { ...event, data, ...(schemaVersion > 1 && { schemaVersion }) };
    });
  };

  const check = (event: StoredEvent): MaybePromise<StoredEvent> => {
    const schema = validateOnLoad ? definitions.get(event.type)?.schema : undefined;
    if (!schema) return event;
    const checking = attempt(
      () => validate(schema, event.data),
      (cause) => new UnreadableEventError(event, `has a schema that failed (${String(cause)})`, { cause }),
    );
    return andThen(checking, (result) => {
      const issue = result.issues?.[0];
      if (issue) throw new UnreadableEventError(event, `is refused by its schema: data${issuePath(issue)}: ${issue.message}`);
      return { ...event, data: (result as { readonly value: unknown }).value };
    });
  };

  return {
    encode(appends, { metadata, now, limits }) {
      // Malformed input is reported by the encoding that follows.
      if (!Array.isArray(appends) || appends.some((append) => !Array.isArray(append?.events))) return appends;
      const given = appends.flatMap(({ streamId, events }, i) => {
        const stream = streamIdToString(streamId);
        const path = eventsPath(i, appends.length);
        // One base for so many events as its ids can count.
        const idBases = Array.from({ length: Math.ceil(events.length / IDS_OF_BASE) }, () => newIdBase(now));
        return Array.from(events, (event: EncodableEvent, j) => ({ event, path: `${path}[${j}]`, context: { stream, metadata, id: idAt(idBases[Math.floor(j / IDS_OF_BASE)]!, j % IDS_OF_BASE) } }));
      });
      const encoded = each(given, ({ event, path, context }) => encodeEvent(event, path, context));
      // What waits is copied now: the caller may change it meanwhile.
      const waits = turns.busy || encoded.some(isPromise);
      const owned = waits ? each(encoded, (event, i) => (isPromise(event) ? event : copyOf(event, given[i]!.path, limits))) : encoded;
      return turns.take(
        andThen(all(owned), (events) => {
          let next = 0;
          return appends.map((append) => ({ ...append, events: events.slice(next, (next += append.events.length)) }));
        }),
      );
    },
    decode: (events) => all(each(events, decodeEvent)),
  };
}

/** An event with data of its own, as JSON has it; bytes are the serializer's already. */
function copyOf(event: EncodableEvent, path: string, { maxJsonDepth }: Limits): EncodableEvent {
  if (event === null || typeof event !== 'object' || event.format !== undefined) return event;
  checkJson(event.data, `${path}.data`, maxJsonDepth);
  return { ...event, data: JSON.parse(JSON.stringify(event.data)) as unknown };
}

/** A schema may answer later; what it then works on is a copy, which the caller cannot change meanwhile. */
function validate(schema: StandardSchema, data: unknown): MaybePromise<SchemaResult<unknown>> {
  const result = schema['~standard'].validate(data);
  if (!isPromise(result)) return result;
  // What becomes of the first answer must not go unheard.
  void Promise.resolve(result).catch(() => undefined);
  return schema['~standard'].validate(structuredClone(data));
}

function upcast(chain: readonly Upcaster[], stored: unknown, event: RawEvent): { type: string; data: unknown } {
  let data = stored;
  for (const upcaster of chain) {
    try {
      data = upcaster.upcast(data, event);
    } catch (cause) {
      throw new UnreadableEventError(event, `cannot be brought up from ${shapeName(upcaster)} (${String(cause)})`, { cause });
    }
    if (isPromise(data)) throw new UnreadableEventError(event, `has an upcaster of ${shapeName(upcaster)} that returns a promise: it must be synchronous`);
    // No event has such data: it could not have been written.
    if (data === undefined) throw new UnreadableEventError(event, `has an upcaster of ${shapeName(upcaster)} that returns nothing: return the data`);
  }
  return { type: targetOf(chain.at(-1)!).type, data };
}

/** What throws at once becomes a rejection, so that promises that are already under way are still awaited. */
function each<T, U>(values: readonly T[], work: (value: T, index: number) => MaybePromise<U>): MaybePromise<U>[] {
  return values.map((value, i) => {
    try {
      return work(value, i);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  });
}

function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some(isPromise) ? Promise.all(values) : (values as readonly T[]);
}
