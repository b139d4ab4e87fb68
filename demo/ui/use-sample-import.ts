import { useEffect, useState } from 'react';
import type { ImportRun } from '../log/import-run.ts';

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
export function useSampleImport(first: ImportRun | undefined, start: () => ImportRun): SampleImport {
  const [run, setRun] = useState(first);
  const [isDone, setDone] = useState(first === undefined);
  const [isSkipped, setSkipped] = useState(false);
  useEffect(() => {
    const subscription = run?.state$.subscribe(({ status }) => {
      if (status === 'done') setDone(true);
    });
    return () => subscription?.unsubscribe();
  }, [run]);

  return {
    run,
    isDone,
    isSettled: isDone || isSkipped,
    isUnfinished: isSkipped && !isDone,
    goOn() {
      setSkipped(false);
      setRun(start());
    },
    skip: () => setSkipped(true),
  };
}
