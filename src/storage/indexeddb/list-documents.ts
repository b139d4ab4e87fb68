import type { DocumentPage, DocumentRange, IndexValue } from '../storage.ts';
import type { requested } from './request.ts';

type Requested = typeof requested;

/** What the object store `documents` holds, under `[c, k]`. */
export interface StoredDocument {
  /** Collection. */
  readonly c: string;
  /** Key. */
  readonly k: string;
  /** JSON text. */
  readonly d: string;
  /** Indexed. */
  readonly v: readonly (readonly [collection: string, index: string, value: IndexValue, key: string])[];
}

/** One page of a collection, and whether there is another one. */
export async function listDocuments(transaction: IDBTransaction, range: DocumentRange, requested: Requested): Promise<DocumentPage> {
  const { index, limit } = range;
  const keys = keyRangeOf(range);
  if (!keys) return { documents: [], next: undefined };
  const documents = transaction.objectStore('documents');
  const found = await readPage(index === undefined ? documents : documents.index('values'), keys, range, requested);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const value = last?.v.find(([, name]) => name === index)?.[2];
  return {
    documents: page.map(({ k, d }) => ({ key: k, data: d })),
    next: last && found.length > limit ? { key: last.k, ...(value !== undefined && { value }) } : undefined,
  };
}

/** One more than the page holds. */
async function readPage(source: IDBObjectStore | IDBIndex, keys: IDBKeyRange, { direction, limit }: DocumentRange, requested: Requested): Promise<StoredDocument[]> {
  if (direction === 'forwards') return requested<StoredDocument[]>(source.getAll(keys, limit + 1));
  const found: StoredDocument[] = [];
  // There is no request for many of them in this order.
  const request = source.openCursor(keys, 'prev');
  for (let cursor = await requested(request); cursor && found.length <= limit; cursor = await requested(request)) {
    found.push(cursor.value as StoredDocument);
    cursor.continue();
  }
  return found;
}

/** Keys are `[collection, key]`, in the index `[collection, index, value, key]`; undefined when nothing can be between the bounds. */
function keyRangeOf({ collection, index, lower, upper, after, direction }: DocumentRange): IDBKeyRange | undefined {
  const of = (...rest: IDBValidKey[]): IDBValidKey[] => (index === undefined ? [collection, ...rest] : [collection, index, ...rest]);
  // A shorter array is before those that it begins, and an array is after every number and string.
  let first = lower === undefined ? of() : of(lower);
  let last = upper === undefined ? of([]) : of(upper, []);
  if (index === undefined && upper !== undefined) last = of(upper);
  let [afterFirst, beforeLast] = [false, false];
  if (after) {
    const place = index === undefined ? of(after.key) : of(after.value!, after.key);
    if (direction === 'forwards' && indexedDB.cmp(place, first) >= 0) [first, afterFirst] = [place, true];
    if (direction === 'backwards' && indexedDB.cmp(place, last) <= 0) [last, beforeLast] = [place, true];
  }
  const order = indexedDB.cmp(first, last);
  return order > 0 || (order === 0 && (afterFirst || beforeLast)) ? undefined : IDBKeyRange.bound(first, last, afterFirst, beforeLast);
}
