import { VersionTooNewError } from '../event/errors.ts';
import type { DocumentKey, DocumentLog, DocumentPage, DocumentRange } from '../storage/storage.ts';
import type { AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { parse, type Registry } from './progress.ts';

/** Reads what the build that is served has made, whichever that is at the moment. */
export class Reader {
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;
  /** The build that was served last. */
  #serving = 1;

  constructor(documents: DocumentLog, definition: AnyProjection) {
    this.#documents = documents;
    this.#definition = definition;
  }

  /** The document under a key, and how far the build had come, of one moment. */
  async get(keyIn: (build: number) => DocumentKey): Promise<{ data: string | undefined; progress: string | undefined }> {
    const { name } = this.#definition;
    for (;;) {
      const build = this.#serving;
      const [registry, progress, data] = await this.#documents.get([layout.registry(name), layout.progress(name, build), keyIn(build)]);
      if (this.#isServing(registry, build)) return { data, progress };
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
    if (registry.active.version > this.#definition.version) throw new VersionTooNewError(`projection ${this.#definition.name}`);
    this.#serving = registry.active.id;
    return registry.active.id === build;
  }
}
