import { useEffect, useState } from 'react';
import type { Desk } from '../desk/desk.ts';
import type { DeskHistory } from '../log/desk-history.ts';

interface DeskAt {
  /** Undefined for the live desk. While one is read, the one that was read before, if there was one. */
  readonly past: Desk | undefined;
  readonly error: unknown;
}

const LIVE: DeskAt = { past: undefined, error: undefined };

/** The desk as it stood at a position. */
export function useDeskAt(history: DeskHistory, position: number | undefined): DeskAt {
  const [shown, setShown] = useState(LIVE);
  useEffect(() => {
    if (position === undefined) return;
    let isWanted = true;
    history.deskAt(position).then(
      (past) => isWanted && setShown({ past, error: undefined }),
      (error: unknown) => isWanted && setShown({ past: undefined, error }),
    );
    return () => {
      isWanted = false;
    };
  }, [history, position]);
  return position === undefined ? LIVE : shown;
}
