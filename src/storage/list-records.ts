import type { DocumentPage, DocumentRange, DocumentRecord, IndexValue } from './storage.ts';

interface Place {
  readonly value: IndexValue;
  readonly key: string;
}

/** A page of documents that are in memory. */
export function listRecords(records: Iterable<DocumentRecord>, { index, lower, upper, after, direction, limit }: DocumentRange): DocumentPage {
  const step = direction === 'forwards' ? 1 : -1;
  const start = after && { value: after.value ?? after.key, key: after.key };
  const found = [...records]
    .flatMap(({ key, data, indexes }) => {
      const value = index === undefined ? key : indexes?.[index];
      return value === undefined ? [] : [{ value, key, data }];
    })
    .filter(({ value }) => (lower === undefined || compareValues(value, lower) >= 0) && (upper === undefined || compareValues(value, upper) <= 0))
    .filter((place) => !start || step * compare(place, start) > 0)
    .sort((a, b) => step * compare(a, b));
  const last = found[limit - 1];
  return {
    documents: found.slice(0, limit).map(({ key, data }) => ({ key, data })),
    next: last && found.length > limit ? { key: last.key, ...(index !== undefined && { value: last.value }) } : undefined,
  };
}

function compare(a: Place, b: Place): number {
  return compareValues(a.value, b.value) || compareValues(a.key, b.key);
}

/** Numbers come before texts, texts in the order of their UTF-16 units. */
function compareValues(a: IndexValue, b: IndexValue): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
