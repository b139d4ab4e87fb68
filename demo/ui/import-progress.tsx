import type { ReactNode } from 'react';
import { countOf, formatNumber } from '../desk/words.ts';
import type { ImportState } from '../log/import-run.ts';

interface Props {
  readonly state: ImportState;
  /** How much of it is done, 0 to 1. */
  readonly fraction: number;
  readonly label: string;
  /** Further figures. */
  readonly children?: ReactNode;
}

/** A bar, the events so far and their rate; how it ends is announced. */
export function ImportProgress({ state, fraction, label, children }: Props) {
  const { status, imported, skipped, eventsPerSecond } = state;
  const percent = status === 'done' ? 100 : Math.min(99, Math.floor(fraction * 100));
  return (
    <div className="import-progress">
      <progress aria-label={label} max={100} value={percent}>
        {percent} %
      </progress>
      <dl className="figures">
        <div>
          <dt>Events</dt>
          <dd data-testid="import-events">{formatNumber(imported + skipped)}</dd>
        </div>
        <div>
          <dt>Events a second</dt>
          <dd data-testid="import-rate">{formatNumber(Math.round(eventsPerSecond))}</dd>
        </div>
        {children}
      </dl>
      <output className="outcome">{outcome(state)}</output>
    </div>
  );
}

function outcome({ status, imported, skipped }: ImportState): string {
  const known = skipped > 0 ? `, ${formatNumber(skipped)} were known already` : '';
  if (status === 'done') return `Imported ${countOf(imported, 'event')}${known}.`;
  if (status === 'stopped') return `Stopped after ${countOf(imported + skipped, 'event')}. They stay; importing again goes on from there.`;
  return '';
}
