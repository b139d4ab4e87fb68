import { aggregateStream } from 'ermine';
import { useEffect, useState } from 'react';
import { caseSnapshots } from '../desk/case-snapshots.ts';
import { permitCase, type CaseState } from '../desk/permit-case.ts';
import type { PermitStore } from '../desk/permit-events.ts';

/** What the rules know of a case, read again when it has come to another version; undefined until it is read. */
export function useCaseState(store: PermitStore, name: string, version: number): CaseState | undefined {
  const [state, setState] = useState<CaseState>();
  useEffect(() => {
    const controller = new AbortController();
    aggregateStream(store, name, permitCase, { ...caseSnapshots, signal: controller.signal }).then(
      (loaded) => {
        if (!controller.signal.aborted) setState(loaded.state);
      },
      // The panel follows the same stream, and says what is wrong with it.
      () => setState(undefined),
    );
    return () => controller.abort();
  }, [store, name, version]);
  return state;
}
