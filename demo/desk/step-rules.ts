import { RECEIPT, isPermitStep } from './permit-events.ts';

/** The beginning of a step's name; T07 and T09 are several steps each. */
export type StepCode = 'T02' | 'T03' | 'T04' | 'T05' | 'T06' | 'T07' | 'T08' | 'T09' | 'T10' | 'T11' | 'T12' | 'T13' | 'T14' | 'T15' | 'T16' | 'T17' | 'T18' | 'T19' | 'T20';

interface StepRule {
  /** It comes only after this one. */
  readonly needs?: StepCode;
  /** It never comes after one of these. */
  readonly notAfter: readonly StepCode[];
}

/** What no case of the desk's log ever did otherwise; a test takes the whole log through them. */
const RULES: Readonly<Record<StepCode, StepRule>> = {
  T02: { notAfter: ['T05'] },
  T03: { needs: 'T02', notAfter: ['T05'] },
  T04: { needs: 'T02', notAfter: ['T05'] },
  T05: { needs: 'T02', notAfter: ['T05'] },
  T06: { notAfter: ['T10'] },
  T07: { needs: 'T06', notAfter: ['T10'] },
  T08: { needs: 'T06', notAfter: ['T10'] },
  T09: { needs: 'T08', notAfter: ['T10'] },
  T10: { needs: 'T06', notAfter: ['T10'] },
  T11: { needs: 'T10', notAfter: ['T11', 'T16'] },
  T12: { needs: 'T11', notAfter: ['T14'] },
  T13: { needs: 'T12', notAfter: ['T14'] },
  T14: { needs: 'T12', notAfter: ['T14'] },
  T15: { needs: 'T14', notAfter: ['T15'] },
  T16: { needs: 'T10', notAfter: ['T11', 'T16'] },
  T17: { needs: 'T16', notAfter: ['T19'] },
  T18: { needs: 'T17', notAfter: ['T19'] },
  T19: { needs: 'T17', notAfter: ['T19'] },
  T20: { needs: 'T19', notAfter: ['T20'] },
};

/** What a step has done to a case once it was taken. */
const DONE: Readonly<Partial<Record<StepCode, string>>> = {
  T02: 'the confirmation of receipt is checked',
  T05: 'the confirmation of receipt is printed and sent',
  T06: 'it is weighed whether stop advice is needed',
  T08: 'advice is asked for',
  T10: 'it is settled whether the request must be stopped',
  T11: 'document X for an unlicensed request is created',
  T12: 'document X is checked',
  T14: 'document X is determined',
  T15: 'document X is printed',
  T16: 'the reasons to hold the request are reported',
  T17: 'report Y is checked',
  T19: 'report Y is determined',
  T20: 'report Y is printed',
};

/** Undefined for the receipt, and for a step that this desk does not know. */
export function codeOf(step: string): StepCode | undefined {
  return isPermitStep(step) ? (step.slice(0, 3) as StepCode) : undefined;
}

/** Why a case that has taken these steps cannot take this one now, in words for a clerk; undefined when it can. */
export function refusalOf(step: string, taken: readonly StepCode[]): string | undefined {
  if (step === RECEIPT) return 'The receipt is confirmed once, and opens the case.';
  const code = codeOf(step);
  // A step of another desk, from a file that was imported, has no rules here.
  if (!code) return undefined;
  const { needs, notAfter } = RULES[code];
  const tooLate = notAfter.find((earlier) => taken.includes(earlier));
  if (tooLate) return `It is too late for that: ${DONE[tooLate]} already (${tooLate}).`;
  if (needs && !taken.includes(needs)) return `It is too early for that: first, ${DONE[needs]} (${needs}).`;
  return undefined;
}
