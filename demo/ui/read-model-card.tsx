import type { OpenProjection, ProjectionStatus } from 'ermine/projections';
import { useCommand, useProjectionStatus } from 'ermine/react';
import { countOf, formatNumber } from '../desk/words.ts';
import { ErrorNotice } from './error-notice.tsx';
import { Fact } from './fact.tsx';

interface Props {
  readonly title: string;
  readonly serves: string;
  readonly model: OpenProjection;
}

const STATES: Record<ProjectionStatus['state'], string> = {
  live: 'Up to date',
  'catching up': 'Catching up',
  paused: 'Paused',
  failed: 'Stopped at an event',
  ended: 'Ended in this tab',
};

/** How one read model is doing, and what can be done with it. */
export function ReadModelCard({ title, serves, model }: Props) {
  const { value: status, error } = useProjectionStatus(model);
  const rebuild = useCommand(async () => {
    const startedAt = performance.now();
    await model.rebuild();
    return (performance.now() - startedAt) / 1_000;
  });
  const control = useCommand(async (command: 'pause' | 'resume' | 'retry' | 'skip'): Promise<void> => void (await model[command]()));
  const isRebuilding = rebuild.state === 'running' || status?.rebuild !== undefined;
  const problem = error ?? control.error ?? rebuild.error;
  const id = `read-model-${title}`;
  return (
    <section className="card read-model" aria-labelledby={id} data-state={status?.state}>
      <h2 id={id}>{title}</h2>
      <p className="muted">{serves}</p>
      {problem !== undefined && <ErrorNotice error={problem} />}
      <dl className="facts">
        <Fact name="State" value={status && STATES[status.state]} />
        <Fact name="Position" value={status && `${formatNumber(status.position)} of ${formatNumber(status.head)}`} />
        <Fact name="Behind by" value={status && countOf(status.lag, 'event')} />
        <Fact name="Events a second" value={status && formatNumber(status.eventsPerSecond)} />
        <Fact name="Version" value={status && String(status.version)} />
      </dl>
      {status?.failed && (
        <div className="notice notice-danger" role="alert">
          <p>
            It stands before {status.failed.type} of {status.failed.streamId}, at position {formatNumber(status.failed.globalPosition)}: {status.error?.message}
          </p>
          <div className="button-row">
            <button type="button" onClick={() => void control.run('retry')}>
              Try it again
            </button>
            <button type="button" onClick={() => void control.run('skip')}>
              Go on without it
            </button>
          </div>
        </div>
      )}
      <Rebuild status={status} seconds={rebuild.result} title={title} />
      <div className="button-row">
        <button type="button" aria-disabled={isRebuilding} onClick={() => isRebuilding || void rebuild.run()}>
          Rebuild
        </button>
        {status?.state === 'paused' ? (
          <button type="button" onClick={() => void control.run('resume')}>
            Resume
          </button>
        ) : (
          <button type="button" disabled={status === undefined || status.state === 'failed' || status.state === 'ended'} onClick={() => void control.run('pause')}>
            Pause
          </button>
        )}
      </div>
    </section>
  );
}

/** Its place is kept free, so that nothing moves when there is something to say. */
function Rebuild({ status, seconds, title }: { readonly status: ProjectionStatus | undefined; readonly seconds: number | undefined; readonly title: string }) {
  const building = status?.rebuild;
  return (
    <div className="rebuild">
      {building && (
        <>
          <progress aria-label={`Rebuilding ${title}`} max={100} value={Math.floor(building.progress * 100)} />
          <span className="muted">
            {formatNumber(building.position)} of {formatNumber(status.head)}
          </span>
        </>
      )}
      <output className="muted">{!building && seconds !== undefined && `Rebuilt in ${seconds.toFixed(1)} s.`}</output>
    </div>
  );
}
