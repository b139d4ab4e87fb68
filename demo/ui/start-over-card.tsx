import { useRef, useState } from 'react';
import { countOf } from '../desk/words.ts';
import { startOver, type Session } from '../log/session.ts';
import { ErrorNotice } from './error-notice.tsx';

interface Props {
  readonly session: Session;
  readonly eventCount: number;
  readonly disabled: boolean;
}

/** Deletes the log, after asking. */
export function StartOverCard({ session, eventCount, disabled }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState<unknown>();
  const go = (content: 'sample' | 'empty'): void => {
    dialog.current?.close();
    startOver(session, content).catch(setError);
  };
  return (
    <section className="card wide" aria-labelledby="start-over-title">
      <h2 id="start-over-title">Start over</h2>
      <p className="muted">Deletes the log from this browser, for all its tabs.</p>
      {error !== undefined && <ErrorNotice error={error} canReload />}
      <div className="button-row">
        <button type="button" className="danger" disabled={disabled} onClick={() => dialog.current?.showModal()}>
          Start over…
        </button>
      </div>
      <dialog ref={dialog} aria-labelledby="confirm-title">
        <h2 id="confirm-title">Delete {countOf(eventCount, 'event')}?</h2>
        <p>They are gone for good, unless you have exported them. Other tabs of this page will ask to be reloaded.</p>
        <div className="button-row">
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep everything
          </button>
          <button type="button" className="danger" onClick={() => go('sample')}>
            Delete, and begin with the sample log
          </button>
          <button type="button" className="danger" onClick={() => go('empty')}>
            Delete, and begin empty
          </button>
        </div>
      </dialog>
    </section>
  );
}
