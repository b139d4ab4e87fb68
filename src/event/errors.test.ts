import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as errors from './errors.ts';

const { isErmineError } = errors;

/** One of each class. */
const samples = [
  new errors.ConcurrencyError('Order-1', 3, 4),
  new errors.InvalidVersionError('fromVersion', NaN, 'a whole number'),
  new errors.InvalidStreamIdError('Order', 'a rule'),
  new errors.InvalidEventError('events[0].data', 'is bad'),
  new errors.NoEventsError(),
  new errors.EventTooLargeError('events[0]', 11, 10, 'bytes'),
  new errors.CorruptedIdempotencyError('Order-1', ['a', 'b']),
  new errors.StoreClosedError(),
  new errors.StorageFullError(),
  new errors.StorageBlockedError('It is held.', 'unknown', ['a']),
  new errors.StorageUnavailableError('There is no such storage here.'),
  new errors.VersionTooNewError('shop'),
  new errors.EpochChangedError('a', 'b'),
  new errors.StreamDeletedError('Order-1'),
  new errors.DocumentConflictError('rows', 'a'),
  new errors.SyncRefusedError('NOT_REPLICATED', 'The stream is not replicated here.'),
  new errors.SyncStoppedError('EPOCH_CHANGED', 'The log of the server is another one.'),
  new errors.InvalidImportError(7, 'Line 7 of the import is not JSON.'),
  new errors.SqlFailedError(1, 'INSERT INTO a', 'no such table'),
  new errors.CopyRefusedError('OTHER_LOG', 3, 'The target holds another log. Nothing was written.'),
  new errors.InvalidQueryError('The query cannot be answered: no such table. Nothing was changed.'),
  new errors.UnreadableEventError({ id: 'a', streamId: { category: 'Order', id: '1' }, type: 'OrderPlaced', version: 2, globalPosition: 7 }, 'was written by the serializer "x"'),
  new errors.InvalidRegistryError('two upcasters take OrderPlaced@1'),
  new errors.InvalidProjectionError('orders', 'its version is not a whole number'),
  new errors.ProjectionFailedError('orders', { globalPosition: 7, id: 'a', type: 'OrderPlaced', streamId: 'Order-1' }, 'No total.'),
];

describe('errors', () => {
  it('has a sample of every class here', () => {
    const classes = Object.values(errors).filter((value) => typeof value === 'function' && value.prototype instanceof errors.ErmineError);
    expect(new Set(samples.map(({ constructor }) => constructor))).toEqual(new Set(classes));
  });

  it('has a section of docs/errors.md for every class, which names all its fields', () => {
    const sections = readFileSync('docs/errors.md', 'utf8').split(/^## /m);
    for (const { code, name, ...fields } of samples) {
      const section = sections.find((text) => text.startsWith(`${code}\n`));
      for (const word of [name, ...Object.keys(fields)]) expect(section).toContain(`\`${word}\``);
    }
  });

  it.each(samples.map((error) => [error.constructor.name, error] as const))('%s tells its code, its name and what happened', (name, error) => {
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toMatch(/^[A-Z]+(_[A-Z]+)+$/);
    expect(error.message.length).toBeGreaterThan(20);
    expect(error.message).not.toMatch(/undefined|\[object/);
    expect(error.stack).toContain(error.message.slice(0, 20));
    expect(isErmineError(error)).toBe(true);
    expect(isErmineError(error, error.code)).toBe(true);
  });

  it('have codes of their own', () => {
    expect(new Set(samples.map(({ code }) => code)).size).toBe(samples.length);
    for (const error of samples) for (const other of samples) expect(isErmineError(error, other.code)).toBe(error === other);
  });

  it('are known by their code: as copies of another realm, or of another copy of the package, too', () => {
    const copy = { name: 'ConcurrencyError', message: 'x', code: 'CONCURRENCY_CONFLICT', actualVersion: 4 };
    expect(isErmineError(copy)).toBe(true);
    expect(isErmineError(copy, 'CONCURRENCY_CONFLICT') && copy.actualVersion).toBe(4);
    expect(isErmineError(copy, 'STORE_CLOSED')).toBe(false);
  });

  it('are nothing that only looks a little like one', () => {
    const others = [undefined, null, 'CONCURRENCY_CONFLICT', 1, {}, new Error('x'), new DOMException('x', 'AbortError'), Object.assign(new Error('x'), { code: 'ENOENT' })];
    for (const other of others) expect(isErmineError(other)).toBe(false);
  });

  it('carry their fields and their cause', () => {
    const cause = new Error('disk');
    expect(new errors.StorageFullError({ cause }).cause).toBe(cause);
    expect(new errors.InvalidImportError(7, 'is bad', { cause })).toMatchObject({ line: 7, cause });
    expect(new errors.ConcurrencyError('Order-1', 3, 4)).toMatchObject({ streamId: 'Order-1', expectedVersion: 3, actualVersion: 4 });
    expect(new errors.StorageBlockedError('Held.', 'unknown', ['a', 'b'])).toMatchObject({ written: 'unknown', eventIds: ['a', 'b'] });
    expect(new errors.EpochChangedError('a', undefined)).toMatchObject({ expectedEpoch: 'a', actualEpoch: undefined });
  });
});
