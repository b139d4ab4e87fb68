import * as v from 'valibot';

/**
 * Where a case stands, told from its steps. Two things go on side by side: the applicant gets a confirmation of receipt
 * (T02 to T05), and the desk finds out whether the request must be stopped (T06 to T10). Some cases take a way aside:
 * advice is asked, or a document or a report has to be written.
 */
export type Stage = 'received' | 'checking' | 'sent' | 'weighing' | 'advice' | 'unlicensed' | 'report' | 'decided';

export const STAGES: readonly { readonly id: Stage; readonly label: string }[] = [
  { id: 'received', label: 'Received' },
  { id: 'checking', label: 'Checking confirmation' },
  { id: 'sent', label: 'Confirmed and sent' },
  { id: 'weighing', label: 'Weighing stop advice' },
  { id: 'advice', label: 'Advice asked' },
  { id: 'unlicensed', label: 'Unlicensed document' },
  { id: 'report', label: 'Report Y' },
  { id: 'decided', label: 'Decided' },
];

export function stageLabel(stage: Stage): string {
  return STAGES.find(({ id }) => id === stage)!.label;
}

export const progressSchema = v.object({
  confirmation: v.picklist(['open', 'checking', 'sent']),
  stopAdvice: v.picklist(['open', 'weighed', 'determined']),
  aside: v.picklist(['advice', 'unlicensed', 'report', 'none']),
});

export type Progress = Readonly<v.InferOutput<typeof progressSchema>>;

export const noProgress: Progress = { confirmation: 'open', stopAdvice: 'open', aside: 'none' };

/** The progress of a case after one more step; a type that is not of this process changes nothing. */
export function progressAfter(progress: Progress, type: string): Progress {
  switch (type.slice(0, 3)) {
    case 'T02':
    case 'T03':
    case 'T04':
      return progress.confirmation === 'open' ? { ...progress, confirmation: 'checking' } : progress;
    case 'T05':
      return { ...progress, confirmation: 'sent' };
    case 'T06':
      return withoutAdvice(progress.stopAdvice === 'open' ? { ...progress, stopAdvice: 'weighed' } : progress);
    case 'T10':
      return withoutAdvice({ ...progress, stopAdvice: 'determined' });
    case 'T07':
    case 'T08':
    case 'T09':
      return { ...progress, aside: 'advice' };
    case 'T11':
    case 'T12':
    case 'T13':
    case 'T14':
      return { ...progress, aside: 'unlicensed' };
    case 'T16':
    case 'T17':
    case 'T18':
    case 'T19':
      return { ...progress, aside: 'report' };
    case 'T15':
    case 'T20':
      return { ...progress, stopAdvice: 'determined', aside: 'none' };
    default:
      return progress;
  }
}

export function stageOf({ confirmation, stopAdvice, aside }: Progress): Stage {
  if (aside !== 'none') return aside;
  if (confirmation === 'sent') return stopAdvice === 'determined' ? 'decided' : stopAdvice === 'weighed' ? 'weighing' : 'sent';
  if (confirmation === 'checking') return 'checking';
  return stopAdvice === 'open' ? 'received' : 'weighing';
}

/** The stage of a case that has taken these steps, in their order. */
export function stageAfter(types: readonly string[]): Stage {
  return stageOf(types.reduce(progressAfter, noProgress));
}

/** The advice that was asked for is in: the desk weighs it. */
function withoutAdvice(progress: Progress): Progress {
  return progress.aside === 'advice' ? { ...progress, aside: 'none' } : progress;
}
