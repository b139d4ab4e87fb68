import type { DocumentKey, DocumentLog, DocumentPage, DocumentRange } from '../storage/storage.ts';
import type { AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { parse, type Registry } from './progress.ts';
import { tooNew } from './refuse.ts';

export type ReadableDocuments = Pick<DocumentLog, 'get' | 'list'>;

/** Reads what the build that is served has made, whichever that is at the moment. */
export class Reader {
  readonly #documents: ReadableDocuments;
  readonly #definition: AnyProjection;
  /** The build that was served last. */
  #serving: number;

  constructor(documents: ReadableDocuments, definition: AnyProjection, serving = 1) {
    this.#documents = documents;
    this.#definition = definition;
    this.#serving = serving;
  }

  /** The document under a key, the build that made it, and the version of that; undefined when nothing was built yet. */
  async get(keyIn: (build: number) => DocumentKey): Promise<{ data: string | undefined; build: number; version: number | undefined }> {
    for (;;) {
      const build = this.#serving;
      const [registry, data] = await this.#documents.get([layout.registry(this.#definition.name), keyIn(build)]);
      if (this.#isServing(registry, build)) return { data, build, version: parse<Registry>(registry)?.value.active.version };
    }
  }

  async list(rangeIn: (build: number) => DocumentRange): Promise<DocumentPage> {
    for (;;) {
      const build = this.#serving;
      const page = await this.#documents.list(rangeIn(build));
      // Looked at afterwards: the documents of a build that is served until now were not being deleted meanwhile.
      const [registry] = await this.#documents.get([layout.registry(this.#definition.name)]);
      if (this.#isServing(registry, build)) return page;
    }
  }

  /** @throws {VersionTooNewError} when what is served was made by newer code than this tab's, in a form that it may not know */
  #isServing(text: string | undefined, build: number): boolean {
    const registry = parse<Registry>(text)?.value;
    if (!registry) return true;
    if (registry.active.version > this.#definition.version) throw tooNew(this.#definition.name);
    this.#serving = registry.active.id;
    return registry.active.id === build;
  }
}
