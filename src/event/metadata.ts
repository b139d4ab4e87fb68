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
  const fields = merge([provided, own], path, isField);
  const custom = merge([provided?.custom, own?.custom], `${path}.custom`, (key) => !FORBIDDEN_KEYS.has(key));
  if (Object.keys(custom).length > 0) return { ...fields, custom };
  return Object.keys(fields).length > 0 ? fields : null;
}

function isField(name: string): boolean {
  return FIELDS.has(name);
}

function merge(parts: readonly (object | undefined)[], path: string, isKnown: (field: string) => boolean): Record<string, string> {
  const merged: Record<string, string> = {};
  for (const part of parts) {
    // A promise, a map or an array has no fields that mean anything here: it would be taken for empty.
    if (part !== undefined && Object.prototype.toString.call(part) !== '[object Object]') throw new InvalidEventError(path, 'is not a plain object');
    for (const [field, value] of Object.entries(part ?? {})) {
      if (!isKnown(field)) throw new InvalidEventError(`${path}.${field}`, 'is unknown: use `custom`');
      if (value === undefined || (field === 'custom' && isKnown === isField)) continue;
      if (typeof value !== 'string') throw new InvalidEventError(`${path}.${field}`, 'is not a string');
      merged[field] = value;
    }
  }
  return merged;
}
