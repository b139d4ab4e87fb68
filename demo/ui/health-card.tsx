import type { Health } from 'ermine';
import type { PermitStore } from '../desk/permit-events.ts';
import { useEffect, useState } from 'react';
import { formatBytes, formatNumber } from '../desk/words.ts';
import { ErrorNotice } from './error-notice.tsx';
import { Fact } from './fact.tsx';

const CONNECTIONS: Record<Health['connection'], string> = {
  open: 'Open',
  lost: 'Lost; it is opened again when it is needed',
  closed: 'Closed',
};

const DURABILITIES: Record<Health['durability'], string> = {
  strict: 'Strict: on the disk before a step counts as done',
  relaxed: 'Relaxed: with the operating system before a step counts as done',
  none: 'None: gone when the page is closed',
};

/** The state of the storage, in the browser's own words where it is the browser that says it. */
export function HealthCard({ store, eventCount }: { readonly store: PermitStore; readonly eventCount: number }) {
  const [health, setHealth] = useState<Health>();
  const [error, setError] = useState<unknown>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const subscription = store.health$.subscribe({ next: setHealth, error: setError });
    return () => subscription.unsubscribe();
  }, [store, asked]);

  const askToKeep = async (): Promise<void> => {
    await navigator.storage.persist();
    setAsked((count) => count + 1);
  };
  return (
    <section className="card wide" aria-labelledby="health-title">
      <h2 id="health-title">Storage</h2>
      {error !== undefined && <ErrorNotice error={error} />}
      {health?.error && <ErrorNotice error={health.error} canReload />}
      <dl className="facts facts-wide" data-testid="health">
        <Fact name="Connection" value={health && CONNECTIONS[health.connection]} />
        <Fact name="Durability" value={health && DURABILITIES[health.durability]} />
        <Fact name="Kept when space runs short" value={health && keptWords(health.persisted)} />
        <Fact name="Used of what the browser offers" value={health && usageWords(health)} />
        <Fact name="Events" value={formatNumber(eventCount)} />
        <Fact name="Epoch of the log" value={health?.epoch} />
      </dl>
      <div className="button-row">
        <button type="button" disabled={health?.persisted !== false} onClick={() => void askToKeep()}>
          Ask the browser to keep it
        </button>
      </div>
    </section>
  );
}

function keptWords(persisted: boolean | undefined): string {
  if (persisted === undefined) return 'The browser does not say';
  return persisted ? 'Yes, the browser promised' : 'Not promised: export now and then';
}

function usageWords({ usageBytes, quotaBytes }: Health): string {
  if (usageBytes === undefined || quotaBytes === undefined) return 'The browser does not say';
  return `${formatBytes(usageBytes)} of ${formatBytes(quotaBytes)}`;
}
