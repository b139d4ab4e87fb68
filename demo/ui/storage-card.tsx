import { isErmineError } from 'ermine';
import { useState } from 'react';
import { STORAGE_NAMES, type StorageKind } from '../log/log-storage.ts';
import { startMove, type MoveRun, type MoveState } from '../log/move-run.ts';
import type { Session } from '../log/session.ts';
import { ErrorNotice } from './error-notice.tsx';
import { MoveDialog } from './move-dialog.tsx';

const WORDS: Readonly<Record<StorageKind, string>> = {
  indexeddb: 'Every browser has it. On SQLite the log also answers questions in SQL.',
  sqlite: 'A database file in the browser, which answers questions in SQL: see below. It needs file handles that private windows and some browsers lack.',
};

/** Where the log is kept, and the switch to the other storage. */
export function StorageCard({ session, disabled }: { readonly session: Session; readonly disabled: boolean }) {
  const { kind } = session.log;
  const other = kind === 'sqlite' ? 'indexeddb' : 'sqlite';
  const [run, setRun] = useState<MoveRun>();
  const [ended, setEnded] = useState<MoveState>();
  const start = (replace: boolean): void => {
    setEnded(undefined);
    setRun(startMove(session, other, replace));
  };
  const end = (state: MoveState): void => {
    setRun(undefined);
    setEnded(state);
  };
  const isOtherLog = isErmineError(ended?.error, 'COPY_REFUSED') && ended.error.reason === 'OTHER_LOG';
  return (
    <section className="card wide" aria-labelledby="storage-title">
      <h2 id="storage-title">The log is in {STORAGE_NAMES[kind]}</h2>
      <p className="muted">{WORDS[kind]}</p>
      <output className="outcome">
        {ended?.status === 'stopped' && `The move was stopped. The log is in ${STORAGE_NAMES[kind]} as before; moving it again goes on from there.`}
      </output>
      {ended?.status === 'failed' && <ErrorNotice error={ended.error} words={moveErrorWords(ended.error, kind, other)} />}
      <div className="button-row">
        <button type="button" disabled={disabled} onClick={() => start(false)}>
          Move the log to {STORAGE_NAMES[other]}
        </button>
        {isOtherLog && (
          <button type="button" className="danger" disabled={disabled} onClick={() => start(true)}>
            Delete what is in {STORAGE_NAMES[other]}, and move the log
          </button>
        )}
      </div>
      {run && <MoveDialog run={run} onEnd={end} />}
    </section>
  );
}

/** What only a move can tell; undefined where the error's own words do. */
function moveErrorWords(error: unknown, from: StorageKind, to: StorageKind) {
  const stays = `The log stays in ${STORAGE_NAMES[from]}.`;
  if (isErmineError(error, 'STORAGE_UNAVAILABLE')) return { title: `${STORAGE_NAMES[to]} cannot be used here`, advice: `${error.message} ${stays}` };
  if (isErmineError(error, 'COPY_REFUSED') && error.reason === 'OTHER_LOG') {
    return { title: `There is another log in ${STORAGE_NAMES[to]}`, advice: `It was left by an earlier move, or somebody went on with it. ${stays}` };
  }
  return undefined;
}
