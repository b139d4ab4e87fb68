import { DocumentConflictError } from '../../event/errors.ts';
import type { DocumentCheck } from '../evaluate-appends.ts';
import type { Append, DocumentExpectation, DocumentKey, DocumentRecord, DocumentWrites, IndexValue } from '../storage.ts';
import { toOrderedText } from './escape-text.ts';
import { toOrderedValue } from './ordered-value.ts';

/** A document as the functions in the database know it: collection and key as ordered texts, null when there is none. */
export type StoredDocument = readonly [collection: string, key: string, data: string | null];

/** Documents that a group of appends expects, and what the accepted ones of the group do to them and others. */
export class DocumentState {
  readonly #found: readonly StoredDocument[];
  readonly #puts = new Map<string, DocumentRecord>();
  readonly #deletes = new Map<string, DocumentKey>();

  /** @param found the documents that are expected, as they are before the group */
  constructor(found: readonly StoredDocument[]) {
    this.#found = found;
  }

  /** As the first expectation of each document has it. */
  static assumed(appends: readonly Append[]): DocumentState {
    const found = new Map<string, StoredDocument>();
    for (const expectation of appends.flatMap(({ documents }) => documents?.expect ?? [])) {
      const name = nameOf(expectation);
      if (!found.has(name)) found.set(name, toStored(expectation));
    }
    return new DocumentState([...found.values()]);
  }

  /** For one evaluation of the group, which begins at the documents as they were found. */
  check(): DocumentCheck {
    this.#puts.clear();
    this.#deletes.clear();
    const current = new Map(this.#found.map((document) => [nameOfStored(document), document[2] ?? undefined]));
    return ({ documents }, { tail }) => {
      if (documents?.position !== undefined && documents.position !== tail + 1) return new DocumentConflictError('', '');
      const conflict = documents?.expect?.find((expectation) => current.get(nameOf(expectation)) !== expectation.data);
      if (conflict) return new DocumentConflictError(conflict.collection, conflict.key);
      for (const key of documents?.deletes ?? []) {
        current.set(nameOf(key), undefined);
        this.#puts.delete(nameOf(key));
        this.#deletes.set(nameOf(key), key);
      }
      for (const put of documents?.puts ?? []) {
        current.set(nameOf(put), put.data);
        this.#deletes.delete(nameOf(put));
        this.#puts.set(nameOf(put), put);
      }
      return undefined;
    };
  }

  /** What the function `append` is told: how the documents must be, and what the group does to them; null when there are none. */
  toParameter(): string | null {
    if (this.#found.length + this.#puts.size + this.#deletes.size === 0) return null;
    return JSON.stringify({ expect: this.#found, ...toStoredWrites({ puts: [...this.#puts.values()], deletes: [...this.#deletes.values()] }) });
  }
}

/** Writes of documents as the functions in the database read them. */
export function toStoredWrites({ puts = [], deletes = [] }: DocumentWrites): { puts: unknown[]; deletes: unknown[] } {
  return {
    puts: puts.map(({ collection, key, data, indexes = {} }) => [
      toOrderedText(collection),
      toOrderedText(key),
      data,
      Object.entries<IndexValue>(indexes).map(([index, value]) => [toOrderedText(index), toOrderedValue(value)]),
    ]),
    deletes: deletes.map(({ collection, key }) => [toOrderedText(collection), toOrderedText(key)]),
  };
}

export function toStored({ collection, key, data }: DocumentExpectation): StoredDocument {
  return [toOrderedText(collection), toOrderedText(key), data ?? null];
}

function nameOf({ collection, key }: DocumentKey): string {
  return nameOfStored([toOrderedText(collection), toOrderedText(key), null]);
}

function nameOfStored([collection, key]: StoredDocument): string {
  return `${collection}\0${key}`;
}
