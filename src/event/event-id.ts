import { InvalidEventError } from './errors.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Hex digits at the end of a version 7 id that count the events of one batch. */
const RUN_DIGITS = 4;
const BASE_LENGTH = 36 - RUN_DIGITS;

/**
 * The first 32 characters of a new version 7 UUID (RFC 9562): 48 bits of time and 58 random ones. The ids of a batch are
 * this base and a counter in the last four digits, so that a whole batch costs one entry in an index of ids.
 *
 * @param now milliseconds since 1970
 */
export function newIdBase(now: number): string {
  const [a, b] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  const time = hex(Math.max(0, Math.floor(now)), 12);
  const random = hex(a, 8);
  // The variant's two bits, 10, and two random ones.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${hex(8 + (a & 3), 1)}${random.slice(3, 6)}-${hex(b, 8)}`;
}

/** The id of the event at `index` (below 65,536) of the batch with this base. */
export function idAt(base: string, index: number): string {
  return base + hex(index, RUN_DIGITS);
}

/** Lower-cases a UUID. @throws {InvalidEventError} when it is not one */
export function checkEventId(id: unknown, path: string): string {
  const lower = typeof id === 'string' ? id.toLowerCase() : '';
  if (!UUID.test(lower)) throw new InvalidEventError(path, 'is not a UUID');
  return lower;
}

/**
 * The number under which an index finds an event id: a 53-bit hash of it, for version 7 without the digits that count in
 * a batch, so that it is that of the base as well. Two ids may share a key, so what is found must be compared.
 */
export function idKey(id: string): number {
  return hash53(id.charCodeAt(14) === 55 /* '7' */ ? id.slice(0, BASE_LENGTH) : id);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0').slice(-digits);
}

/** cyrb53 (public domain, by bryc): two rounds of 32-bit multiplication, joined to 53 bits. */
export function hash53(text: string, seed = 0): number {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0);
}
