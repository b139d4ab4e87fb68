import type { EventStore } from 'ermine';
import type { Desk } from '../desk/desk.ts';
import type { ReadModels } from '../log/read-models.ts';
import { CaseList } from './case-list.tsx';
import { CasePanel } from './case-panel.tsx';
import { Overview } from './overview.tsx';

interface Props {
  readonly store: EventStore;
  readonly models: ReadModels;
  readonly live: Desk;
  readonly shown: Desk;
  readonly person: string;
  /** The name of the case that is open. */
  readonly openCase: string | undefined;
}

/** The list of cases, and beside it the one that is open, or the desk as a whole. On a phone, one of them at a time. */
export function DeskPage({ store, models, live, shown, person, openCase }: Props) {
  return (
    <div className="desk" data-case-open={openCase !== undefined}>
      <h1 className="visually-hidden">Permit desk</h1>
      <CaseList models={models} past={live === shown ? undefined : shown} openCase={openCase} />
      <div className="beside">
        {openCase === undefined ? (
          <Overview models={models} past={live === shown ? undefined : shown} />
        ) : (
          <CasePanel key={openCase} store={store} name={openCase} live={live} shown={shown} person={person} />
        )}
      </div>
    </div>
  );
}
