import { useState } from 'react';
import type { Session } from '../log/session.ts';
import { ExportCard } from './export-card.tsx';
import { HealthCard } from './health-card.tsx';
import { ImportCard } from './import-card.tsx';
import { SqlCard } from './sql-card.tsx';
import { StartOverCard } from './start-over-card.tsx';
import { StorageCard } from './storage-card.tsx';

/** What is stored, and ways in and out for it. */
export function DataPage({ session, eventCount }: { readonly session: Session; readonly eventCount: number }) {
  const [isBusy, setBusy] = useState(false);
  return (
    <div className="data-page">
      <title>Data · Permit desk</title>
      <h1>Data</h1>
      <HealthCard store={session.store} eventCount={eventCount} />
      <StorageCard session={session} disabled={isBusy} />
      {session.log.kind === 'sqlite' && <SqlCard storage={session.log.storage} />}
      <ExportCard store={session.store} />
      <ImportCard store={session.store} onBusy={setBusy} />
      <StartOverCard session={session} eventCount={eventCount} disabled={isBusy} />
    </div>
  );
}
