import { DocumentConflictError } from '../../event/errors.ts';
import { listRecords } from '../list-records.ts';
import type { Append, DocumentKey, DocumentLog, DocumentPage, DocumentRange, DocumentRecord, DocumentWrites } from '../storage.ts';

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

  list(range: DocumentRange): DocumentPage {
    return listRecords(this.#collections.get(range.collection)?.values() ?? [], range);
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
