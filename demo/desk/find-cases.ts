import type { CaseRow } from './read-models.ts';
import type { Stage } from './stages.ts';

export interface CaseQuery {
  /** Words that must all be found in the case's id, people, department, channel or stage. */
  readonly text: string;
  readonly stage: Stage | 'all';
}

/** The cases that match, those with the latest activity first. */
export function findCases(rows: readonly CaseRow[], { text, stage }: CaseQuery): CaseRow[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return rows
    .filter((found) => (stage === 'all' || found.stage === stage) && words.every((word) => found.searchText.includes(word)))
    .toSorted((a, b) => b.position - a.position);
}
