import { DocumentConflictError } from '../../event/errors.ts';
import type { Append, DocumentKey, DocumentLog, DocumentPage, DocumentRange, DocumentRecord, DocumentWrites, IndexValue } from '../storage.ts';

/** Documents in memory, by collection and key. Every operation is one synchronous step. */
export class MemoryDocuments {
  readonly #collections = new Map<string, Map<string, DocumentRecord>>();

  get({ collection, key }: DocumentKey): string | undefined {
    return this.#collections.get(collection)?.get(key)?.data;
  }

  /** Writes them, or nothing when one is not as expected. @returns that one's key */
  write({ expect = [], puts = [], deletes = [] }: DocumentWrites): DocumentKey | undefined {
    const conflict = expect.find((expectation) => this.get(expectation) !== expectation.data);
    if (conflict) return conflict;
    for (const { collection, key } of deletes) this.#collections.get(collection)?.delete(key);
    for (const put of puts) {
      const documents = this.#collections.get(put.collection) ?? new Map<string, DocumentRecord>();
      this.#collections.set(put.collection, documents.set(put.key, { ...put, indexes: { ...put.indexes } }));
    }
    return undefined;
  }

  /** Writes the documents of an append that is about to be accepted, or says why they refuse it. */
  writeWith({ documents }: Append, tail: number): DocumentConflictError | undefined {
    if (!documents) return undefined;
    const { position = tail + 1 } = documents;
    const conflict = position === tail + 1 ? this.write(documents) : { collection: '', key: '' };
    return conflict && new DocumentConflictError(conflict.collection, conflict.key);
  }

  list({ collection, index, lower, upper, after, direction, limit }: DocumentRange): DocumentPage {
    const step = direction === 'forwards' ? 1 : -1;
    const valueOf = ({ key, indexes }: DocumentRecord): IndexValue | undefined => (index === undefined ? key : indexes?.[index]);
    const compare = (a: Place, b: Place): number => compareValues(a.value, b.value) || compareValues(a.key, b.key);
    const start = after && { value: after.value ?? after.key, key: after.key };
    const found = [...(this.#collections.get(collection)?.values() ?? [])]
      .flatMap((record) => {
        const value = valueOf(record);
        return value === undefined ? [] : [{ value, key: record.key, data: record.data }];
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

  clear(collection: string): void {
    this.#collections.delete(collection);
  }
}

/** @param open gives the documents while the log is open */
export function memoryDocumentLog(open: () => MemoryDocuments): DocumentLog {
  return {
    get: async (keys) => {
      const documents = open();
      return keys.map((key) => documents.get(key));
    },
    list: async (range) => open().list(range),
    write: async (writes) => open().write(writes) === undefined,
    clear: async (collection) => open().clear(collection),
  };
}

interface Place {
  readonly value: IndexValue;
  readonly key: string;
}

function compareValues(a: IndexValue, b: IndexValue): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
