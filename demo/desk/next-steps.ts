import { splitStepPair, type Desk } from './desk.ts';
import { stageAfter } from './stages.ts';
import { codeOf, refusalOf } from './step-rules.ts';

export interface NextStep {
  readonly type: string;
  /** Of all the times that a case at this point went on, how often with this step: 0 to 1. */
  readonly share: number;
}

const MAX_STEPS = 4;
const MIN_SHARE = 0.02;

/**
 * What cases of this log most often went on with after the last of these steps at the stage that they lead to, the most
 * frequent first, without those that the rules refuse it: the steps that are worth a button.
 */
export function nextSteps({ followedCounts }: Desk, steps: readonly string[]): NextStep[] {
  const stage = stageAfter(steps);
  const last = steps.at(-1);
  const taken = steps.map(codeOf).filter((code) => code !== undefined);
  const followers = [...followedCounts]
    .map(([pair, count]) => ({ ...splitStepPair(pair), count }))
    .filter((pair) => pair.from === last && pair.stage === stage);
  const total = followers.reduce((sum, { count }) => sum + count, 0);
  return followers
    .map(({ to, count }) => ({ type: to, share: count / total }))
    .filter(({ type, share }) => share >= MIN_SHARE && refusalOf(type, taken) === undefined)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, MAX_STEPS);
}

/** Every step that ever followed another one, by name. */
export function allSteps({ followedCounts }: Desk): string[] {
  const types = [...followedCounts.keys()].map((pair) => splitStepPair(pair).to);
  return [...new Set(types)].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
