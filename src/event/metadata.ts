import { InvalidEventError } from './errors.ts';
import type { Metadata } from './event.ts';
import { FORBIDDEN_KEYS } from './json.ts';

const FIELDS: ReadonlySet<string> = new Set(['correlationId', 'causationId', 'userId', 'tenantId', 'custom']);

/**
 * The event's own metadata over the provided one, field by field (`custom` key by key), or null when there is none.
 *
 * @throws {InvalidEventError} when a field is unknown or not a string
 */
export function mergeMetadata(provided: Metadata | undefined, own: Metadata | undefined, path: string): Metadata | null {
  if (!provided && !own) return null;
  for (const part of [provided, own, provided?.custom, own?.custom]) {
    // A promise, a map or an array has no fields that mean anything here: it would be taken for empty.
    if (part !== undefined && Object.prototype.toString.call(part) !== '[object Object]') throw new InvalidEventError(path, 'is not a plain object');
  }
  const fields = checked({ ...provided, ...own, custom: undefined }, path, (field) => FIELDS.has(field));
  const custom = checked({ ...provided?.custom, ...own?.custom }, `${path}.custom`, (key) => !FORBIDDEN_KEYS.has(key));
  if (Object.keys(custom).length > 0) return { ...fields, custom };
  return Object.keys(fields).length > 0 ? fields : null;
}

function checked(fields: Record<string, unknown>, path: string, isKnown: (field: string) => boolean): Record<string, string> {
  const texts = Object.entries(fields).filter(([, value]) => value !== undefined);
  for (const [field, value] of texts) {
    if (!isKnown(field)) throw new InvalidEventError(`${path}.${field}`, 'is no field of metadata: use `custom`');
    if (typeof value !== 'string') throw new InvalidEventError(`${path}.${field}`, 'is not a string');
  }
  return Object.fromEntries(texts) as Record<string, string>;
}
