import type { DocumentAndTableWrites, DocumentLog, TableWrites } from '../storage/storage.ts';
import type { AnyProjection } from './definition.ts';
import { layout } from './layout.ts';
import { readProgress, readRegistry, type BuildRef, type Read, type Registry } from './progress.ts';
import { tooNew } from './refuse.ts';

/** How far a build has come that has seen nothing. */
export const START = JSON.stringify({ position: 0 });

/** Which builds a projection has, and every change of that: each one is one write that only one tab can win. */
export class Builds {
  readonly #documents: DocumentLog;
  readonly #definition: AnyProjection;

  constructor(documents: DocumentLog, definition: AnyProjection) {
    this.#documents = documents;
    this.#definition = definition;
  }

  read(): Promise<Read<Registry> | undefined> {
    return readRegistry(this.#documents, this.#definition.name);
  }

  /**
   * Makes sure that there is a build of this version, beside the one that is served if that is of another version.
   *
   * @throws {VersionTooNewError} when a newer version is served or is being built
   */
  async ensure(): Promise<Registry> {
    for (;;) {
      const found = await this.read();
      const { version } = this.#definition;
      if (!found) await this.#write(undefined, { last: 1, active: { id: 1, version } }, this.#start(1, { serve: 1 }));
      else {
        const { active, building } = found.value;
        if (active.version === version || building?.version === version) return found.value;
        if (active.version > version || (building && building.version > version)) throw tooNew(this.#definition.name);
        await this.#begin(found);
      }
    }
  }

  /** Begins to build this version anew, beside what is served, unless it is being built and has not failed. @returns the id of that build */
  async rebuild(): Promise<number> {
    const { name, version } = this.#definition;
    for (;;) {
      await this.ensure();
      const found = await this.read();
      const building = found?.value.building;
      if (building && building.version !== version) throw tooNew(name);
      if (building && !(await readProgress(this.#documents, name, building.id))?.value.failed) return building.id;
      if (found) await this.#begin(found);
    }
  }

  /** Serves a build that has caught up, in place of the one before. @returns whether this call did */
  async swap(id: number): Promise<boolean> {
    const found = await this.read();
    if (found?.value.building?.id !== id) return false;
    const { last, active, building, stale = [] } = found.value;
    // Without its checkpoint, nobody can write to the old one any more.
    return this.#write(found, { last, active: building, stale: [...stale, active.id] }, { deletes: [layout.progress(this.#definition.name, active.id)], ...this.#tables({ serve: id }) });
  }

  /** Deletes the documents and the tables of builds that nobody serves or builds, in bounded steps. */
  async clearStale(): Promise<void> {
    for (let found = await this.read(); found?.value.stale?.length; found = await this.read()) {
      const [id, ...stale] = found.value.stale;
      await this.#documents.clear(layout.documents(this.#definition.name, id!));
      await this.#write(found, { ...found.value, stale }, this.#tables({ drop: id! }));
    }
  }

  /** @returns whether nobody else was faster */
  #begin(found: Read<Registry>): Promise<boolean> {
    const { name, version } = this.#definition;
    const { last, active, building: before, stale = [] } = found.value;
    const building: BuildRef = { id: last + 1, version };
    const deletes = before ? [layout.progress(name, before.id)] : [];
    const next = { last: last + 1, active, building, stale: before ? [...stale, before.id] : stale };
    return this.#write(found, next, { ...this.#start(building.id), deletes });
  }

  #start(id: number, more?: { readonly serve: number }): DocumentAndTableWrites {
    const { kind, name } = this.#definition;
    const create = kind === 'sql' ? { build: id, tables: this.#definition.shapes } : undefined;
    return { puts: [{ ...layout.progress(name, id), data: START }], ...(create && this.#tables({ create, ...more })) };
  }

  #tables(writes: Omit<TableWrites, 'projection'>): { readonly tables?: TableWrites } {
    const { kind, name } = this.#definition;
    return kind === 'sql' ? { tables: { projection: name, ...writes } } : {};
  }

  #write(found: Read<Registry> | undefined, registry: Registry, { puts = [], ...more }: DocumentAndTableWrites = {}): Promise<boolean> {
    const key = layout.registry(this.#definition.name);
    return this.#documents.write({ expect: [{ ...key, data: found?.text }], puts: [{ ...key, data: JSON.stringify(registry) }, ...puts], ...more });
  }
}
