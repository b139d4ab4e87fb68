import { isStreamDeleted, type StoredEvent } from 'ermine';
import { caseDetails, textAt, type CaseDetails } from './event-details.ts';
import { noProgress, progressAfter, stageLabel, stageOf, type Progress, type Stage } from './stages.ts';
import { weekOf } from './weeks.ts';

/** What is remembered of the latest event of a case. */
export type LastEvent = Pick<StoredEvent, 'type' | 'version' | 'globalPosition' | 'timestamp'>;

export interface PermitCase extends CaseDetails {
  /** The name of its stream. */
  readonly name: string;
  /** What the clerks call it. */
  readonly label: string;
  readonly stage: Stage;
  readonly progress: Progress;
  readonly last: LastEvent;
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
      const pair = stepPair(known.stage, known.last.type, event.type);
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
  const opened = { ...details, name, label: category === 'Permit' ? id : name, progress: noProgress, receivedAt: event.timestamp };
  return evolveCase(opened, event);
}

function evolveCase(known: Omit<PermitCase, 'last' | 'stage' | 'searchText'>, event: StoredEvent): PermitCase {
  const { type, version, globalPosition, timestamp } = event;
  return withWords({ ...known, progress: progressAfter(known.progress, type), last: { type, version, globalPosition, timestamp } });
}

/** With what follows from the rest. */
export function withWords(known: Omit<PermitCase, 'stage' | 'searchText'>): PermitCase {
  const stage = stageOf(known.progress);
  const searchText = [known.label, known.responsible, known.department, known.channel, stageLabel(stage)].join('\n').toLowerCase();
  return { ...known, stage, searchText };
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
