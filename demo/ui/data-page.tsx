import { useState } from 'react';
import type { Session } from '../log/session.ts';
import { ExportCard } from './export-card.tsx';
import { HealthCard } from './health-card.tsx';
import { ImportCard } from './import-card.tsx';
import { StartOverCard } from './start-over-card.tsx';

/** What is stored, and ways in and out for it. */
export function DataPage({ session, eventCount }: { readonly session: Session; readonly eventCount: number }) {
  const [isBusy, setBusy] = useState(false);
  return (
    <div className="data-page">
      <title>Data · Permit desk</title>
      <h1>Data</h1>
      <HealthCard store={session.store} eventCount={eventCount} />
      <ExportCard store={session.store} />
      <ImportCard store={session.store} onBusy={setBusy} />
      <StartOverCard session={session} eventCount={eventCount} disabled={isBusy} />
    </div>
  );
}
