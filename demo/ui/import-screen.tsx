import { formatNumber } from '../desk/words.ts';
import type { ImportRun } from '../log/import-run.ts';
import { SAMPLE_EVENTS } from '../log/sample-log.ts';
import { ErrorNotice } from './error-notice.tsx';
import { ImportProgress } from './import-progress.tsx';
import { useSubject } from './use-subject.ts';

interface Props {
  readonly run: ImportRun;
  readonly caseCount: number;
  readonly onContinue: () => void;
  readonly onSkip: () => void;
}

/** The first open: the sample log comes into this browser. */
export function ImportScreen({ run, caseCount, onContinue, onSkip }: Props) {
  const state = useSubject(run.state$);
  const isRunning = state.status === 'running';
  return (
    <section className="card import-screen" aria-labelledby="import-title">
      <h1 id="import-title">Bringing the permit log into this browser</h1>
      <p className="muted">
        {formatNumber(SAMPLE_EVENTS)} events of a Dutch municipality’s permit desk, appended to a log that stays on this device. This
        happens once.
      </p>
      <ImportProgress state={state} fraction={(state.imported + state.skipped) / SAMPLE_EVENTS} label="Import of the permit log">
        <div>
          <dt>Cases</dt>
          <dd>{formatNumber(caseCount)}</dd>
        </div>
      </ImportProgress>
      {state.status === 'failed' && <ErrorNotice error={state.error} />}
      <div className="button-row">
        {/* One button, so that it keeps the focus. */}
        <button type="button" className={isRunning ? undefined : 'primary'} onClick={isRunning ? run.cancel : onContinue}>
          {isRunning ? 'Stop the import' : 'Go on with the import'}
        </button>
        {!isRunning && (
          <button type="button" onClick={onSkip}>
            Use the desk as it is
          </button>
        )}
      </div>
    </section>
  );
}
