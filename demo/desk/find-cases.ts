import type { Desk, PermitCase } from './desk.ts';
import type { Stage } from './stages.ts';

export interface CaseQuery {
  /** Words that must all be found in the case's id, people, department, channel or stage. */
  readonly text: string;
  readonly stage: Stage | 'all';
}

/** The cases that match, those with the latest activity first. */
export function findCases({ cases }: Desk, { text, stage }: CaseQuery): PermitCase[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...cases.values()]
    .filter((found) => (stage === 'all' || found.stage === stage) && words.every((word) => found.searchText.includes(word)))
    .toSorted((a, b) => b.history.event.globalPosition - a.history.event.globalPosition);
}

export function countByStage({ cases }: Desk): ReadonlyMap<Stage, number> {
  const counts = new Map<Stage, number>();
  for (const { stage } of cases.values()) counts.set(stage, (counts.get(stage) ?? 0) + 1);
  return counts;
}
