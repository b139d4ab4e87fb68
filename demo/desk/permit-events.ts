import { defineEvents, type EventStore, type EventsOf } from 'ermine';
import * as v from 'valibot';

const time = v.pipe(v.string(), v.isoTimestamp());

const work = {
  group: v.string(),
  /** The piece of work that the step was, as the desk numbers them. */
  instance: v.pipe(v.string(), v.minLength(1)),
  transition: v.literal('complete'),
};

const step = v.object(work);

const request = v.object({
  startdate: time,
  responsible: v.string(),
  department: v.string(),
  channel: v.string(),
  deadline: time,
  enddatePlanned: time,
  enddate: v.exactOptional(time),
  group: v.exactOptional(v.string()),
});

/** What the first event of a case says of it. */
export type PermitRequest = v.InferOutput<typeof request>;

/** The step that opens a case. */
export const RECEIPT = 'Confirmation of receipt';

/** The steps that a case may take after its receipt, in the words of the log, those of T18 included. */
const steps = {
  'T02 Check confirmation of receipt': step,
  'T03 Adjust confirmation of receipt': step,
  'T04 Determine confirmation of receipt': step,
  'T05 Print and send confirmation of receipt': step,
  'T06 Determine necessity of stop advice': step,
  'T07-1 Draft intern advice aspect 1': step,
  'T07-2 Draft intern advice aspect 2': step,
  'T07-3 Draft intern advice hold for aspect 3': step,
  'T07-4 Draft internal advice to hold for type 4': step,
  'T07-5 Draft intern advice aspect 5': step,
  'T08 Draft and send request for advice': step,
  'T09-1 Process or receive external advice from party 1': step,
  'T09-2 Process or receive external advice from party 2': step,
  'T09-3 Process or receive external advice from party 3': step,
  'T09-4 Process or receive external advice from party 4': step,
  'T10 Determine necessity to stop indication': step,
  'T11 Create document X request unlicensed': step,
  'T12 Check document X request unlicensed': step,
  'T13 Adjust document X request unlicensed': step,
  'T14 Determine document X request unlicensed': step,
  'T15 Print document X request unlicensed': step,
  'T16 Report reasons to hold request': step,
  'T17 Check report Y to stop indication': step,
  'T18 Adjust report Y to stop indicition': step,
  'T19 Determine report Y to stop indication': step,
  'T20 Print report Y to stop indication': step,
};

export type PermitStep = keyof typeof steps;

export function isPermitStep(type: string): type is PermitStep {
  return Object.hasOwn(steps, type);
}

/** The events of the desk. A log may hold others as well, from any file that somebody imported: they are kept as they are. */
export const permitEvents = defineEvents({ [RECEIPT]: v.object({ ...work, case: request }), ...steps });

export type PermitEvent = EventsOf<typeof permitEvents>;

export type PermitStore = EventStore<PermitEvent>;
