import { isStreamDeleted, type Event } from 'ermine';
import { projection, type DocumentWriter } from 'ermine/projections';
import type { Desk, PermitCase } from './desk.ts';
import { caseDetails } from './event-details.ts';
import { noProgress, progressAfter, stageLabel, stageOf, type Progress, type Stage } from './stages.ts';
import { weekOf } from './weeks.ts';

/** A case as the list shows it and the search finds it. */
export interface CaseRow {
  readonly name: string;
  readonly label: string;
  readonly stage: Stage;
  readonly responsible: string;
  readonly department: string;
  readonly channel: string;
  /** Everything that it can be found by, in lower case. */
  readonly searchText: string;
  /** Of its latest event. */
  readonly version: number;
  readonly position: number;
  readonly timestamp: number;
}

interface CaseDocument extends CaseRow {
  readonly progress: Progress;
}

/** How many cases stand where. */
export interface Board {
  readonly all: number;
  readonly byStage: Readonly<Partial<Record<Stage, number>>>;
}

/** With where each case stands, which tells what to count down when it goes on. */
interface BoardState extends Board {
  readonly progress: Record<string, Progress>;
}

const nameOf = ({ category, id }: { readonly category: string; readonly id: string }): string => `${category}-${id}`;

/** The cases, for the list and the search. */
export const casesModel = projection<Event, CaseDocument, 'position' | 'stage'>({
  name: 'cases',
  version: 1,
  indexes: { position: ({ position }) => position, stage: ({ stage }) => stage },
  on: { $streamDeleted: ({ streamId }, cases: DocumentWriter<CaseDocument>) => cases.delete(nameOf(streamId)) },
  otherwise: ({ streamId, type, data, version, globalPosition, timestamp }, cases) =>
    cases.patch(nameOf(streamId), (known) => {
      const progress = progressAfter(known?.progress ?? noProgress, type);
      const stage = stageOf(progress);
      const label = streamId.category === 'Permit' ? streamId.id : nameOf(streamId);
      const { responsible, department, channel } = known ?? caseDetails(data);
      const searchText = [label, responsible, department, channel, stageLabel(stage)].join('\n').toLowerCase();
      return { name: nameOf(streamId), label, stage, responsible, department, channel, searchText, progress, version, position: globalPosition, timestamp };
    }),
});

/** How many cases there are, in all and by stage. */
export const boardModel = projection<Event, BoardState>({
  name: 'board',
  version: 1,
  initialState: { all: 0, byStage: {}, progress: {} },
  evolve({ all, byStage, progress }, event) {
    const name = nameOf(event.streamId);
    const before = progress[name];
    const counts = { ...byStage };
    if (before) counts[stageOf(before)]!--;
    if (isStreamDeleted(event)) {
      delete progress[name];
      return { all: before ? all - 1 : all, byStage: counts, progress };
    }
    progress[name] = progressAfter(before ?? noProgress, event.type);
    const stage = stageOf(progress[name]);
    counts[stage] = (counts[stage] ?? 0) + 1;
    return { all: before ? all : all + 1, byStage: counts, progress };
  },
});

/** Events by week, for the chart. */
export const weeksModel = projection<Event, Record<string, number>>({
  name: 'weeks',
  version: 1,
  initialState: {},
  evolve(counts, { timestamp }) {
    const week = weekOf(timestamp);
    counts[week] = (counts[week] ?? 0) + 1;
    return counts;
  },
});

/** The same of a desk of the past, which no read model has. */
export function rowsOf({ cases }: Desk): CaseRow[] {
  return [...cases.values()].map(rowOf);
}

function rowOf({ history: { event }, name, label, stage, responsible, department, channel, searchText }: PermitCase): CaseRow {
  return { name, label, stage, responsible, department, channel, searchText, version: event.version, position: event.globalPosition, timestamp: event.timestamp };
}

export function boardOf({ cases }: Desk): Board {
  const byStage: Partial<Record<Stage, number>> = {};
  for (const { stage } of cases.values()) byStage[stage] = (byStage[stage] ?? 0) + 1;
  return { all: cases.size, byStage };
}
