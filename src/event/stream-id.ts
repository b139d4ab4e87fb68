import { InvalidStreamIdError } from './errors.ts';

/** Names one stream: the kind of thing it is about, and which one. Printed `category-id`. */
export interface StreamId {
  readonly category: string;
  readonly id: string;
}

/** How long the name of a stream may be, in UTF-16 units. */
export const MAX_STREAM_NAME_UNITS = 500;
const MAX_CATEGORY_UNITS = 250;

/**
 * A checked {@link StreamId}.
 *
 * @throws {InvalidStreamIdError} when a part is empty, the category holds a `-` or is over 250 UTF-16 units, the whole
 * is over 500, or either holds a NUL or a lone surrogate
 */
export function streamId(category: string, id: string): StreamId {
  checkPart(category, 'the category');
  checkPart(id, 'the id');
  if (category.includes('-')) throw new InvalidStreamIdError(category, 'a category holds no "-"');
  if (category.length > MAX_CATEGORY_UNITS || category.length + 1 + id.length > MAX_STREAM_NAME_UNITS) {
    throw new InvalidStreamIdError(
      `${category}-${id}`,
      `at most ${MAX_CATEGORY_UNITS} UTF-16 units of category, ${MAX_STREAM_NAME_UNITS} in all`,
    );
  }
  return Object.freeze({ category, id });
}

/** The stream's name, `category-id`, of an object or a string. @throws {InvalidStreamIdError} as {@link streamId} */
export function streamIdToString(id: StreamId | string): string {
  const { category, id: rest } = parseStreamId(id);
  return `${category}-${rest}`;
}

/** A checked {@link StreamId} of an object or of a string, which splits at its first `-`. @throws {InvalidStreamIdError} as {@link streamId} */
export function parseStreamId(id: StreamId | string): StreamId {
  if (typeof id === 'object' && id !== null) return streamId(id.category, id.id);
  const dash = typeof id === 'string' ? id.indexOf('-') : -1;
  if (dash < 0) throw new InvalidStreamIdError(id, 'pass { category, id } or "category-id"');
  return streamId(id.slice(0, dash), id.slice(dash + 1));
}

/** Splits a stream name that was checked when it was written. */
export function splitStreamName(name: string): StreamId {
  const dash = name.indexOf('-');
  return { category: name.slice(0, dash), id: name.slice(dash + 1) };
}

/** The category of a stream name that was checked when it was written. */
export function categoryOf(name: string): string {
  return name.slice(0, name.indexOf('-'));
}

/** @throws {InvalidStreamIdError} when it cannot be the category of a stream */
export function checkCategory(category: string): string {
  return streamId(category, '1').category;
}

function checkPart(part: unknown, what: string): void {
  if (typeof part !== 'string' || part === '' || /[\0\p{Surrogate}]/u.test(part)) {
    throw new InvalidStreamIdError(part, `${what} is not empty and holds no NUL or lone surrogate`);
  }
}
