import * as v from 'valibot';
import { withWords, type Desk } from './desk.ts';
import { progressSchema } from './stages.ts';

/** Of the fold. A change of what it makes of the events needs another one; snapshots of the old one are no longer found. */
export const DESK_VERSION = 1;

const whole = v.pipe(v.number(), v.safeInteger());

const permitCase = v.object({
  name: v.string(),
  label: v.string(),
  responsible: v.string(),
  department: v.string(),
  channel: v.string(),
  deadline: v.string(),
  progress: progressSchema,
  receivedAt: v.number(),
  last: v.object({ type: v.string(), version: whole, globalPosition: whole, timestamp: v.number() }),
});

const deskSnapshot = v.object({
  timestamp: v.number(),
  eventCount: whole,
  cases: v.array(permitCase),
  followedCounts: v.array(v.tuple([v.string(), whole])),
  groupByPerson: v.array(v.tuple([v.string(), v.string()])),
  eventsByWeek: v.array(v.tuple([whole, whole])),
});

/** A desk after at least one event as plain JSON, without what follows from the rest. */
export function deskToSnapshot({ timestamp, eventCount, cases, followedCounts, groupByPerson, eventsByWeek }: Desk): unknown {
  return {
    timestamp,
    eventCount,
    cases: [...cases.values()].map((known) => ({ ...known, stage: undefined, searchText: undefined })),
    followedCounts: [...followedCounts],
    groupByPerson: [...groupByPerson],
    eventsByWeek: [...eventsByWeek],
  };
}

/** Undefined when it is no desk. */
export function snapshotToDesk(position: number, data: unknown): Desk | undefined {
  const parsed = v.safeParse(deskSnapshot, data);
  if (!parsed.success) return undefined;
  const { timestamp, eventCount, cases, followedCounts, groupByPerson, eventsByWeek } = parsed.output;
  return {
    position,
    timestamp,
    eventCount,
    cases: new Map(cases.map((kept) => [kept.name, withWords(kept)])),
    followedCounts: new Map(followedCounts),
    groupByPerson: new Map(groupByPerson),
    eventsByWeek: new Map(eventsByWeek),
  };
}
