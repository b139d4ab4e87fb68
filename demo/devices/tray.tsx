import type { RejectedEntry, SyncedStore } from 'ermine/sync';
import { slotName, type VisitEvent } from './visits.ts';

interface TrayProps {
  readonly store: SyncedStore<VisitEvent>;
  readonly rejected: readonly RejectedEntry<VisitEvent>[];
  /** Waits for a decision, and tells when it fails. */
  readonly onSettle: (work: Promise<unknown>) => void;
}

/** What the server did not take, in the words of a clerk, until the clerk has decided. */
export function Tray({ store, rejected, onSettle }: TrayProps) {
  if (rejected.length === 0) return null;
  return (
    <aside className="tray" aria-label="Tray">
      <h3>For you to decide</h3>
      <ul>
        {rejected.map(({ commitId, events, reason }) => (
          <li key={commitId}>
            <p>
              {events.map(whatYouDid).join(' ')} {why(reason.code)}
            </p>
            <div className="button-row">
              <button type="button" onClick={() => onSettle(store.sync.retry(commitId))}>
                Do it all the same
              </button>
              <button type="button" onClick={() => onSettle(store.sync.discard(commitId))}>
                Let it be
              </button>
            </div>
          </li>
        ))}
      </ul>
    </aside>
  );
}

function whatYouDid(event: RejectedEntry<VisitEvent>['events'][number]): string {
  const slot = slotName(event.streamId.id);
  if (event.type === 'VisitBooked') return `You booked ${slot} for ${event.data.site}.`;
  if (event.type === 'VisitCancelled') return `You cancelled the visit on ${slot}.`;
  return `You remarked “${event.data.text}”.`;
}

function why(code: string): string {
  if (code === 'CONCURRENCY_CONFLICT') return 'Meanwhile somebody else changed this slot, so it was not done.';
  if (code === 'FORBIDDEN') return 'You are not allowed to.';
  return `It was not done (${code}).`;
}
