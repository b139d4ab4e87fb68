import { ExtensionCodec, decode, encode } from '@msgpack/msgpack';
import { defineSerializer, type DefinedSerializer } from '../event/define-serializer.ts';

/** What the serializer knows besides the types of MessagePack. */
export interface MessagePackOptions {
  /** For classes of your own, as `@msgpack/msgpack` defines them. */
  readonly extensionCodec?: ExtensionCodec;
}

/**
 * Keeps the data of events as MessagePack: dates, binary data and bigints of 64 bits come back as what they were. What it
 * cannot hold (functions, symbols, undefined in arrays, larger bigints, invalid dates, halves of surrogate pairs, maps, sets,
 * cycles) is `InvalidEventError`.
 *
 * Needs the package `@msgpack/msgpack`.
 *
 * @example const store = await openEventStore({ storage, serializer: messagePackSerializer() });
 */
export function messagePackSerializer({ extensionCodec }: MessagePackOptions = {}): DefinedSerializer {
  const options = { extensionCodec: extensionCodec ?? new ExtensionCodec(), useBigInt64: true, ignoreUndefined: true };
  return defineSerializer({
    format: 'msgpack',
    serialize(data) {
      checkPackable(data, 'data', extensionCodec !== undefined);
      return encode(data, options);
    },
    deserialize: (bytes) => decode(bytes, options),
  });
}

const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The library writes null for undefined in an array, {} for a map, 0 for a bigint that is too large, 1970 for an invalid date
 * and, in long texts, U+FFFD for half of a surrogate pair, without a word.
 */
function checkPackable(value: unknown, path: string, withExtensions: boolean): void {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol') throw new TypeError(`${path} is ${typeof value}`);
  if (typeof value === 'string' && LONE_SURROGATE.test(value)) throw new TypeError(`${path} has half of a surrogate pair`);
  if (typeof value === 'bigint' && (value < -(2n ** 63n) || value >= 2n ** 64n)) throw new TypeError(`${path} has more than 64 bits`);
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new TypeError(`${path} is an invalid date`);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) checkPackable(value[i], `${path}[${i}]`, withExtensions);
    return;
  }
  const tag = Object.prototype.toString.call(value);
  if (tag !== '[object Object]' && !withExtensions) throw new TypeError(`${path} is ${tag}`);
  for (const [key, member] of Object.entries(value)) {
    if (LONE_SURROGATE.test(key)) throw new TypeError(`${path} has a key with half of a surrogate pair`);
    if (member !== undefined) checkPackable(member, `${path}.${key}`, withExtensions);
  }
}
