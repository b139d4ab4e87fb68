import { type Decider, type EventData } from 'ermine';
import * as v from 'valibot';
import { RECEIPT, type PermitEvent, type PermitRequest } from './permit-events.ts';
import { noProgress, progressAfter, progressSchema, type Progress } from './stages.ts';
import { codeOf, refusalOf, type StepCode } from './step-rules.ts';

/** What decides on the next step of a case. */
export interface CaseState {
  readonly isOpen: boolean;
  readonly progress: Progress;
  /** The steps that it has taken, each once, in the order of the first time. */
  readonly taken: readonly StepCode[];
}

/** The piece of work that a step was, and the group that did it. */
interface Work {
  readonly group: string;
  readonly instance: string;
}

export type CaseCommand =
  | ({ readonly type: 'ConfirmReceipt'; readonly request: PermitRequest } & Work)
  | ({ readonly type: 'TakeStep'; readonly step: string } & Work);

/** A step is against the rules of the desk; the message says which, to a clerk. */
export class StepRefusedError extends Error {
  override readonly name = 'StepRefusedError';
}

/** The rules of one case. */
export const permitCase: Decider<CaseState, CaseCommand, PermitEvent> = {
  initialState: () => ({ isOpen: false, progress: noProgress, taken: [] }),
  evolve({ progress, taken }, { type }) {
    const code = codeOf(type);
    return { isOpen: true, progress: progressAfter(progress, type), taken: code && !taken.includes(code) ? [...taken, code] : taken };
  },
  decide(command, { isOpen, taken }) {
    const { group, instance } = command;
    const work = { group, instance, transition: 'complete' } as const;
    if (command.type === 'ConfirmReceipt') {
      if (isOpen) throw new StepRefusedError('This case is open already.');
      return { type: RECEIPT, data: { ...work, case: command.request } };
    }
    if (!isOpen) throw new StepRefusedError('There is no such case yet: a confirmation of receipt opens it.');
    const refusal = refusalOf(command.step, taken);
    if (refusal) throw new StepRefusedError(refusal);
    // A log may have steps that the desk has no schema for; the store takes them as they are.
    return { type: command.step, data: work } as EventData<PermitEvent>;
  },
};

/** A snapshot is used only if it has this shape. */
export const caseStateSchema = v.object({
  isOpen: v.boolean(),
  progress: progressSchema,
  taken: v.array(v.custom<StepCode>((code) => typeof code === 'string' && /^T\d\d$/.test(code))),
});
