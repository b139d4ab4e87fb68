import { useRef, useState } from 'react';
import type { Session } from '../log/session.ts';
import { AppFooter } from './app-footer.tsx';
import { AppHeader } from './app-header.tsx';
import { DataPage } from './data-page.tsx';
import { DeskPage } from './desk-page.tsx';
import { ErrorNotice } from './error-notice.tsx';
import { HistoryBar } from './history-bar.tsx';
import { ImportScreen } from './import-screen.tsx';
import { ImportSummary } from './import-summary.tsx';
import { ReadModelsPage } from './read-models-page.tsx';
import { useDeskAt } from './use-desk-at.ts';
import { usePerson } from './use-person.ts';
import { useRoute } from './use-route.ts';
import { useSampleImport } from './use-sample-import.ts';
import { useSubject } from './use-subject.ts';

/** The page around an open log: first its import, then the desk. */
export function App({ session }: { readonly session: Session }) {
  const { store, live, models } = session;
  const { desk, readTo, error } = useSubject(live.view$);
  const route = useRoute();
  const [person, choosePerson] = usePerson();
  const sample = useSampleImport(session);
  const [position, setPosition] = useState<number>();
  const { past, error: pastError } = useDeskAt(live.history, position);
  const shown = past ?? desk;
  const main = useRef<HTMLElement>(null);
  const isRead = readTo !== undefined;
  const isReady = sample.isSettled && isRead;
  const name = route.page === 'case' ? route.name : undefined;
  const isDesk = route.page === 'desk' || route.page === 'case';

  return (
    <>
      <title>Permit desk</title>
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          // The address after the # is the page that is open.
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the content
      </a>
      <AppHeader route={route} desk={desk} person={person} onPerson={choosePerson} />
      {isDesk && <HistoryBar live={desk} shown={shown} position={position ?? desk.position} disabled={!isReady} onMove={setPosition} />}
      <main id="main" ref={main} tabIndex={-1}>
        {error !== undefined && <ErrorNotice error={error} canReload />}
        {error === undefined && pastError !== undefined && <ErrorNotice error={pastError} canReload />}
        {sample.run && sample.isDone && <ImportSummary run={sample.run} />}
        {sample.isUnfinished && (
          <div className="notice notice-news">
            <p>The sample log is not all here yet.</p>
            <button type="button" onClick={sample.goOn}>
              Go on with the import
            </button>
          </div>
        )}
        {!sample.isSettled && sample.run && (
          <ImportScreen run={sample.run} caseCount={desk.cases.size} onContinue={sample.goOn} onSkip={sample.skip} />
        )}
        {sample.isSettled && !isRead && <p className="card">Reading the log…</p>}
        {isReady && route.page === 'data' && <DataPage session={session} eventCount={desk.eventCount} />}
        {isReady && route.page === 'read-models' && <ReadModelsPage models={models} />}
        {isReady && isDesk && <DeskPage store={store} models={models} live={desk} shown={shown} person={person} openCase={name} />}
      </main>
      <AppFooter />
    </>
  );
}
