import { InvalidEventError } from './errors.ts';
import type { Metadata } from './event.ts';

const TEXT_FIELDS = ['correlationId', 'causationId', 'userId', 'tenantId'] as const;

/**
 * The event's own metadata over the provided one, field by field (`custom` key by key), or null when there is none.
 *
 * @throws {InvalidEventError} when a field is not a string or is unknown
 */
export function mergeMetadata(provided: Metadata | undefined, own: Metadata | undefined, path: string): Metadata | null {
  const both = [provided, own].filter((metadata) => metadata !== undefined && metadata !== null);
  for (const metadata of both) check(metadata, path);
  const merged: Record<string, unknown> = Object.assign({}, ...both);
  const custom = both.map((metadata) => metadata.custom).filter((entries) => entries !== undefined);
  if (custom.length > 0) merged['custom'] = Object.assign({}, ...custom);
  for (const field of TEXT_FIELDS) if (merged[field] === undefined) delete merged[field];
  return Object.keys(merged).length === 0 ? null : (merged as Metadata);
}

function check(metadata: Metadata, path: string): void {
  if (!isPlain(metadata)) throw new InvalidEventError(path, 'is not a plain object (a metadata provider returns one, not a promise)');
  for (const [field, value] of Object.entries(metadata)) {
    if (value === undefined) continue;
    if (field === 'custom') checkCustom(value, `${path}.custom`);
    else if (!(TEXT_FIELDS as readonly string[]).includes(field)) {
      throw new InvalidEventError(`${path}.${field}`, 'is not a field of metadata; put it into metadata.custom');
    } else if (typeof value !== 'string') throw new InvalidEventError(`${path}.${field}`, 'is not a string');
  }
}

function checkCustom(custom: unknown, path: string): void {
  if (!isPlain(custom)) throw new InvalidEventError(path, 'is not a plain object');
  for (const [key, value] of Object.entries(custom)) {
    if (typeof value !== 'string') throw new InvalidEventError(`${path}.${key}`, 'is not a string');
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      throw new InvalidEventError(`${path}.${key}`, 'is a key that could pollute a prototype; rename it');
    }
  }
}

/** A promise, a map or an array has no fields of its own that mean anything here: it would be taken for empty. */
function isPlain(value: unknown): value is object {
  return Object.prototype.toString.call(value) === '[object Object]';
}
