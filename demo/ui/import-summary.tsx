import { useState } from 'react';
import { countOf, formatNumber } from '../desk/words.ts';
import type { ImportRun } from '../log/import-run.ts';
import { useSubject } from './use-subject.ts';

/** How the import of the first open went, until it is dismissed. */
export function ImportSummary({ run }: { readonly run: ImportRun }) {
  const { imported, skipped, eventsPerSecond } = useSubject(run.state$);
  const [isDismissed, setDismissed] = useState(false);
  if (isDismissed) return null;
  return (
    <div className="notice notice-news">
      <output>
        <strong>The log is here.</strong> {countOf(imported, 'event')} imported
        {skipped > 0 && `, ${formatNumber(skipped)} were here already`}, {formatNumber(Math.round(eventsPerSecond))} a second.
      </output>
      <button type="button" onClick={() => setDismissed(true)}>
        Dismiss
      </button>
    </div>
  );
}
