import type { ConflictPolicies } from './conflict-policy.ts';
import type { LoadedEvent } from './pending-events.ts';

/** What a simulated event tells: which append it is of, and the event of its stream that it was decided on. */
export interface Mark {
  readonly mark: string;
  readonly part: number;
  readonly after: string | null;
  /** Whether it did not ask for any version. */
  readonly any: boolean;
}

/** @param think what a policy does before it decides */
export const policiesOf = (think: () => Promise<void>): ConflictPolicies => ({
  Rebase: 'rebase',
  Both: 'keepBoth',
  Decide: {
    redecide: async (command, events) => {
      await think();
      const { mark, count } = command as { mark: string; count: number };
      return eventsOf(mark, count, events);
    },
  },
  Throws: {
    redecide: async () => {
      await think();
      throw new Error('this policy does not know what to do');
    },
  },
});

/** The mark of an event: its parts follow one another. */
export function eventsOf(mark: string, count: number, before: readonly LoadedEvent[], any = false, firstPart = 0): { type: string; data: Mark }[] {
  const last = before.at(-1)?.data as Mark | undefined;
  let after = last ? `${last.mark}.${last.part}` : null;
  return Array.from({ length: count }, (_, i) => {
    const part = firstPart + i;
    const data = { mark, part, after, any };
    after = `${mark}.${part}`;
    return { type: 'Marked', data };
  });
}
