import { useEffect, useState } from 'react';
import type { ImportRun } from '../log/import-run.ts';
import { importSample } from '../log/sample-log.ts';
import type { Session } from '../log/session.ts';

export interface SampleImport {
  readonly run: ImportRun | undefined;
  readonly isDone: boolean;
  /** The desk can be shown: everything is there, or the user does not want to wait for it. */
  readonly isSettled: boolean;
  /** The user does without the rest for now. */
  readonly isUnfinished: boolean;
  goOn(): void;
  skip(): void;
}

/** The import of the first open: under way, stopped, taken up again, or over. */
export function useSampleImport({ store, live, epoch, sampleImport }: Session): SampleImport {
  const [run, setRun] = useState(sampleImport);
  const [isDone, setDone] = useState(sampleImport === undefined);
  const [isSkipped, setSkipped] = useState(false);
  useEffect(() => {
    const subscription = run?.state$.subscribe(({ status }) => {
      // Whoever opens a case now must find all of its events.
      if (status === 'done') void live.catchUp().then(() => setDone(true));
    });
    return () => subscription?.unsubscribe();
  }, [run, live]);

  return {
    run,
    isDone,
    isSettled: isDone || isSkipped,
    isUnfinished: isSkipped && !isDone,
    goOn() {
      setSkipped(false);
      setRun(importSample(store, epoch));
    },
    skip: () => setSkipped(true),
  };
}
