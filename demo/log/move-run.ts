import { copyStore, type CopyProgress } from 'ermine/copy';
import { BehaviorSubject } from 'rxjs';
import { chooseStorage, createLogStorage, deleteLog, type StorageKind } from './log-storage.ts';
import { settleSample, wantsSample } from './sample-log.ts';
import type { Session } from './session.ts';
import { withLogAlone } from './tab-lock.ts';

export interface MoveState extends CopyProgress {
  readonly status: 'running' | 'stopped' | 'failed' | 'done';
  readonly error: unknown;
}

export interface MoveRun {
  readonly to: StorageKind;
  readonly state$: BehaviorSubject<MoveState>;
  /** Stops after the events under way; the log stays where it is, and moving again goes on from there. */
  cancel(): void;
}

/**
 * Moves the log into another storage, and loads the page anew on it. The log is deleted where it was only after every
 * event was found in the new place, while no tab can append.
 *
 * @param replace whether a log that is there already, and is not a part of this one, goes
 */
export function startMove(session: Session, to: StorageKind, replace: boolean): MoveRun {
  const state$ = new BehaviorSubject<MoveState>({ status: 'running', copied: 0, verified: 0, total: 0, error: undefined });
  const controller = new AbortController();
  const { signal } = controller;
  const update = (change: Partial<MoveState>): void => state$.next({ ...state$.value, ...change });

  const move = async (): Promise<void> => {
    const { storage } = await createLogStorage(to);
    if (replace) await deleteLog(to);
    await copyStore(session.log.storage, storage, { signal, onProgress: update });
    const target = await storage.open(() => undefined);
    if (!wantsSample(session.epoch)) settleSample(target.epoch);
    await target.close();
    chooseStorage(to);
    update({ status: 'done' });
    try {
      session.live.stop();
      await session.store.close();
      await deleteLog(session.log.kind);
    } finally {
      // Also when the old log could not be deleted: the new one is complete, and the next move finds what was left.
      location.reload();
    }
  };
  withLogAlone(move).catch((error: unknown) => update(signal.aborted ? { status: 'stopped' } : { status: 'failed', error }));
  return { to, state$, cancel: () => controller.abort() };
}
