import type { Desk } from '../desk/desk.ts';
import type { ReadModels } from '../log/read-models.ts';
import { DESK_HREF } from './use-route.ts';
import { WeekChart } from './week-chart.tsx';

/** The desk as a whole, shown while no case is open. */
export function Overview({ models, past }: { readonly models: ReadModels; readonly past: Desk | undefined }) {
  return (
    <>
      <section className="card" aria-label="Events a week">
        <WeekChart models={models} past={past} />
      </section>
      <section className="card prose" aria-labelledby="try-title">
        <h2 id="try-title">Two clerks, one log</h2>
        <p>
          <a href={DESK_HREF} target="_blank" rel="noreferrer">
            Open the desk in a second tab
          </a>{' '}
          and choose somebody else there. What one tab does shows in the other at once.
        </p>
        <p className="muted">
          Open the same case in both, add a step in one, then one in the other: the second is refused, and shows what happened
          meanwhile. Nothing is overwritten.
        </p>
        <p>
          And without a network? See <a href="devices.html">two devices that work offline and sync</a>.
        </p>
      </section>
    </>
  );
}
