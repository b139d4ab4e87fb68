import type { DocumentKey, DocumentLog, DocumentPage, DocumentRange, DocumentRecord } from '../storage/storage.ts';
import { listRecords } from '../storage/list-records.ts';
import type { AnyProjection } from './definition.ts';
import { indexesOf } from './fold-documents.ts';
import type { Folded } from './folding.ts';
import { layout } from './layout.ts';
import type { ReadableDocuments } from './reader.ts';

/** A build that is read has gone on meanwhile. */
export class BuildMoved extends Error {}

/**
 * What a build has made, with changes on top that are in memory only. Everything is read as it was at one checkpoint of the
 * build: what comes later is a {@link BuildMoved}.
 */
export class Overlay implements ReadableDocuments {
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  readonly #progressKey: DocumentKey;
  readonly #progress: string | undefined;
  /** By key; undefined for one that is deleted. */
  readonly #changed = new Map<string, DocumentRecord | undefined>();

  /** @param progress the checkpoint as it was read */
  constructor(documents: DocumentLog, definition: AnyProjection, build: number, progress: string | undefined) {
    this.#documents = documents;
    this.#definition = definition;
    this.#progressKey = layout.progress(definition.name, build);
    this.#progress = progress;
  }

  change({ puts, deletes }: Extract<Folded, { ok: true }>): void {
    for (const put of puts) this.#changed.set(put.key, put);
    for (const { key } of deletes) this.#changed.set(key, undefined);
  }

  async get(keys: readonly DocumentKey[]): Promise<(string | undefined)[]> {
    const [progress, ...texts] = await this.#documents.get([this.#progressKey, ...keys]);
    this.#check(progress);
    return keys.map((key, i) => (this.#isChanged(key) ? this.#changed.get(key.key)?.data : texts[i]));
  }

  async list(range: DocumentRange): Promise<DocumentPage> {
    // As many more as may have to go, and one to tell whether there is another page.
    const page = await this.#documents.list({ ...range, limit: range.limit + this.#changed.size + 1 });
    this.#check((await this.#documents.get([this.#progressKey]))[0]);
    const { collection } = range;
    const unchanged = page.documents.filter(({ key }) => !this.#changed.has(key)).map(({ key, data }) => ({ collection, key, data, ...this.#indexes(data) }));
    return listRecords([...unchanged, ...[...this.#changed.values()].filter((record) => record !== undefined)], range);
  }

  /** Documents of a read model alone are changed. */
  #isChanged({ collection, key }: DocumentKey): boolean {
    return collection !== this.#progressKey.collection && this.#changed.has(key);
  }

  #indexes(data: string): Pick<DocumentRecord, 'indexes'> {
    return this.#definition.kind === 'documents' ? { indexes: indexesOf(this.#definition, JSON.parse(data)) } : {};
  }

  #check(progress: string | undefined): void {
    if (progress !== this.#progress) throw new BuildMoved();
  }
}
