import type { DocumentKey } from '../storage/storage.ts';

/**
 * Where read models are among the documents. A name holds no `/`, so none of these can be another one's.
 * `projections`: `name` → which builds there are; `name/id` → how far a build has come.
 * `projections/name/id`: what a build has made. `projections/name/skipped`: the record of what was skipped.
 */
export const layout = {
  registry: (name: string): DocumentKey => ({ collection: 'projections', key: name }),
  progress: (name: string, build: number): DocumentKey => ({ collection: 'projections', key: `${name}/${build}` }),
  documents: (name: string, build: number): string => `projections/${name}/${build}`,
  state: (name: string, build: number): DocumentKey => ({ collection: `projections/${name}/${build}`, key: 'state' }),
  skipped: (name: string): string => `projections/${name}/skipped`,
};
