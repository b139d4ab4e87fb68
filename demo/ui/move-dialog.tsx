import { useEffect, useRef } from 'react';
import { formatNumber } from '../desk/words.ts';
import { STORAGE_NAMES } from '../log/log-storage.ts';
import type { MoveRun, MoveState } from '../log/move-run.ts';
import { useSubject } from './use-subject.ts';

interface Props {
  readonly run: MoveRun;
  /** It was stopped, or failed; when it has succeeded, the page loads anew. */
  readonly onEnd: (state: MoveState) => void;
}

/** How a move goes on. Nothing can be done meanwhile but to stop it. */
export function MoveDialog({ run, onEnd }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const state = useSubject(run.state$);
  const hasEnded = state.status === 'stopped' || state.status === 'failed';
  useEffect(() => {
    if (hasEnded) onEnd(state);
    else if (!dialog.current?.open) dialog.current?.showModal();
  });
  return (
    <dialog
      ref={dialog}
      aria-labelledby="move-title"
      onCancel={(event) => {
        event.preventDefault();
        run.cancel();
      }}
    >
      <h2 id="move-title">Moving the log to {STORAGE_NAMES[run.to]}</h2>
      <p className="muted">The log is deleted where it was only when all of it was found in the new place.</p>
      <progress aria-label={`Move of the log to ${STORAGE_NAMES[run.to]}`} max={100} value={percentOf(state)} />
      <p className="outcome">{progressWords(state)}</p>
      <div className="button-row">
        <button type="button" disabled={state.status === 'done'} onClick={run.cancel}>
          Stop
        </button>
      </div>
    </dialog>
  );
}

function percentOf({ copied, verified, total }: MoveState): number {
  return total === 0 ? 0 : Math.floor((100 * (copied + verified)) / (2 * total));
}

function progressWords({ status, copied, verified, total }: MoveState): string {
  if (status === 'done') return 'Everything is there. The page loads anew…';
  if (total === 0) return 'Getting ready…';
  return copied < total ? `${formatNumber(copied)} of ${formatNumber(total)} copied` : `${formatNumber(verified)} of ${formatNumber(total)} compared`;
}
