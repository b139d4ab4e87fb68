import { InvalidProjectionError } from '../event/errors.ts';
import type { DeepReadonly } from '../event/event.ts';
import type { Direction, DocumentCursor, DocumentKey, DocumentPage, DocumentRange, IndexValue } from '../storage/storage.ts';
import type { DocumentProjection } from './definition.ts';
import { layout } from './layout.ts';
import { checkKey } from './refuse.ts';

/**
 * Which documents, in which order. Bounds are inclusive, and texts where there is no index; numbers come before texts, texts
 * in the order of their UTF-16 units.
 */
export interface DocumentQuery<Index extends string = string> {
  /** A declared index; by key when absent. */
  readonly index?: Index;
  /** Both bounds at once. */
  readonly equals?: IndexValue;
  readonly lower?: IndexValue;
  readonly upper?: IndexValue;
  /** Default forwards. */
  readonly direction?: Direction;
  /** From 1 to 1,000; default 100. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: DocumentCursor;
}

/** A page of documents, in the order that was asked for. */
export interface QueryPage<Document> {
  readonly documents: readonly { readonly key: string; readonly document: DeepReadonly<Document> }[];
  /** To go on with; undefined when this is the last page. */
  readonly next: DocumentCursor | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** @throws {InvalidProjectionError} when it cannot be a key */
export function toKeyQuestion({ name }: DocumentProjection, key: string): (build: number) => DocumentKey {
  checkKey(name, key);
  return (build) => ({ collection: layout.documents(name, build), key });
}

/** @throws {InvalidProjectionError} when the query breaks a rule */
export function toRange({ name, indexes = {} }: DocumentProjection, query: DocumentQuery): (build: number) => DocumentRange {
  const { index, equals, lower = equals, upper = equals, direction = 'forwards', limit = DEFAULT_LIMIT, after } = query;
  const invalid = (rule: string): InvalidProjectionError => new InvalidProjectionError(name, rule);
  if (index !== undefined && !Object.hasOwn(indexes, index)) throw invalid(`there is no index "${index}"; declare it in indexes, and raise the version`);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw invalid(`a limit is a whole number from 1 to ${MAX_LIMIT}`);
  if (direction !== 'forwards' && direction !== 'backwards') throw invalid('a direction is forwards or backwards');
  for (const bound of [lower, upper, after?.value]) {
    if (bound !== undefined && typeof bound !== 'string' && !Number.isFinite(bound)) throw invalid('a bound is a finite number or a text');
  }
  if (index === undefined && [lower, upper].some((bound) => typeof bound === 'number')) throw invalid('without an index a bound is a text, like the keys');
  if (after && (typeof after.key !== 'string' || (index !== undefined) !== (after.value !== undefined))) throw invalid('after is not the next of a page of this query');
  return (build) => ({
    collection: layout.documents(name, build),
    direction,
    limit,
    ...(index !== undefined && { index }),
    ...(lower !== undefined && { lower }),
    ...(upper !== undefined && { upper }),
    ...(after && { after }),
  });
}

export function toPage<Document>({ documents, next }: DocumentPage): QueryPage<Document> {
  return { documents: documents.map(({ key, data }) => ({ key, document: JSON.parse(data) as DeepReadonly<Document> })), next };
}
