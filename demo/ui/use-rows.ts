import { useEffect, useState } from 'react';
import type { CaseRow } from '../desk/read-models.ts';
import type { ReadModels } from '../log/read-models.ts';

/** All cases as the read model has them; undefined until they are read. */
export function useRows({ rows$ }: ReadModels): readonly CaseRow[] | undefined {
  const [rows, setRows] = useState<readonly CaseRow[]>();
  useEffect(() => {
    // The desk follows the same log, and says what is wrong with it.
    const reading = rows$.subscribe({ next: setRows, error: () => undefined });
    return () => reading.unsubscribe();
  }, [rows$]);
  return rows;
}
