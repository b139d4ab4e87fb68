import { isStreamDeleted, type StoredEvent } from 'ermine';
import { caseDetails, textAt, type CaseDetails } from './event-details.ts';
import { noProgress, progressAfter, stageLabel, stageOf, type Progress, type Stage } from './stages.ts';
import { weekOf } from './weeks.ts';

/** The events of a case, latest first: a list that grows without being copied. */
export interface History {
  readonly event: StoredEvent;
  readonly before: History | undefined;
}

export interface PermitCase extends CaseDetails {
  /** The name of its stream. */
  readonly name: string;
  /** What the clerks call it. */
  readonly label: string;
  readonly stage: Stage;
  readonly progress: Progress;
  readonly history: History;
  readonly receivedAt: number;
  /** Everything that it can be found by, in lower case. */
  readonly searchText: string;
}

/** The desk as it stands after some of the log's events. */
export interface Desk {
  /** Of the last event; 0 before the first. */
  readonly position: number;
  readonly timestamp: number | undefined;
  readonly eventCount: number;
  readonly cases: ReadonlyMap<string, PermitCase>;
  /** How often one step followed another within a case, by {@link stepPair}. */
  readonly followedCounts: ReadonlyMap<string, number>;
  /** The group that each person last worked for. */
  readonly groupByPerson: ReadonlyMap<string, string>;
  readonly eventsByWeek: ReadonlyMap<number, number>;
}

export const emptyDesk: Desk = {
  position: 0,
  timestamp: undefined,
  eventCount: 0,
  cases: new Map(),
  followedCounts: new Map(),
  groupByPerson: new Map(),
  eventsByWeek: new Map(),
};

/** The desk after these events, in the order of the log. Pure: takes many at once so that the maps are copied once. */
export function evolve(desk: Desk, events: readonly StoredEvent[]): Desk {
  const last = events.at(-1);
  if (!last) return desk;
  const cases = new Map(desk.cases);
  const followedCounts = new Map(desk.followedCounts);
  const groupByPerson = new Map(desk.groupByPerson);
  const eventsByWeek = new Map(desk.eventsByWeek);
  for (const event of events) {
    const name = streamName(event);
    const week = weekOf(event.timestamp);
    eventsByWeek.set(week, (eventsByWeek.get(week) ?? 0) + 1);
    if (isStreamDeleted(event)) {
      cases.delete(name);
      continue;
    }
    const known = cases.get(name);
    cases.set(name, known ? evolveCase(known, event) : openCase(name, event));
    if (known) {
      const pair = stepPair(known.stage, known.history.event.type, event.type);
      followedCounts.set(pair, (followedCounts.get(pair) ?? 0) + 1);
    }
    if (event.metadata.userId) groupByPerson.set(event.metadata.userId, textAt(event.data, 'group'));
  }
  const { globalPosition: position, timestamp } = last;
  return { position, timestamp, eventCount: desk.eventCount + events.length, cases, followedCounts, groupByPerson, eventsByWeek };
}

function openCase(name: string, event: StoredEvent): PermitCase {
  const details = caseDetails(event.data);
  const { category, id } = event.streamId;
  const opened: PermitCase = {
    ...details,
    name,
    label: category === 'Permit' ? id : name,
    progress: noProgress,
    stage: stageOf(noProgress),
    history: { event, before: undefined },
    receivedAt: event.timestamp,
    searchText: '',
  };
  return { ...evolveCase(opened, event), history: opened.history };
}

function evolveCase(known: PermitCase, event: StoredEvent): PermitCase {
  const progress = progressAfter(known.progress, event.type);
  const stage = stageOf(progress);
  const searchText = [known.label, known.responsible, known.department, known.channel, stageLabel(stage)].join('\n').toLowerCase();
  return { ...known, progress, stage, history: { event, before: known.history }, searchText };
}

export function streamName({ streamId }: StoredEvent): string {
  return `${streamId.category}-${streamId.id}`;
}

/** The key of one step following another in a case that was at a stage. */
export function stepPair(stage: Stage, from: string, to: string): string {
  return JSON.stringify([stage, from, to]);
}

export function splitStepPair(pair: string): { readonly stage: Stage; readonly from: string; readonly to: string } {
  const [stage, from, to] = JSON.parse(pair) as [Stage, string, string];
  return { stage, from, to };
}

/** The version of a case as its events tell it, 0 when there is none. */
export function versionOf(permitCase: PermitCase | undefined): number {
  return permitCase?.history.event.version ?? 0;
}

/** Latest first. */
export function eventsOf(permitCase: PermitCase | undefined): StoredEvent[] {
  const events: StoredEvent[] = [];
  for (let entry = permitCase?.history; entry; entry = entry.before) events.push(entry.event);
  return events;
}
