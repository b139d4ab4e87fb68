import { handleCommand, isErmineError, type StoredEvent } from 'ermine';
import { useMemo, useRef, useState } from 'react';
import { StepRefusedError, permitCase } from '../desk/permit-case.ts';
import type { PermitStore } from '../desk/permit-events.ts';
import { caseSnapshots } from '../desk/case-snapshots.ts';

export type DecisionStatus =
  | { readonly kind: 'idle' }
  | { readonly kind: 'writing'; readonly step: string }
  | { readonly kind: 'done'; readonly step: string; readonly version: number }
  | { readonly kind: 'conflict'; readonly step: string; readonly news: readonly StoredEvent[] }
  /** It is against the rules of the desk. */
  | { readonly kind: 'refused'; readonly step: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly step: string; readonly error: unknown };

export interface Decision {
  /** The version that the person has seen and taken note of: what their next step is decided on. */
  readonly seenVersion: number;
  readonly status: DecisionStatus;
  take(step: string, person: string, group: string): Promise<void>;
  takeNote(version: number): void;
}

/**
 * One person deciding on one case. News of the case never moves `seenVersion` by themselves: a step is decided for the
 * version that the person was looking at, so what somebody else did meanwhile is never passed over.
 */
export function useDecision(store: PermitStore, stream: string, openedAtVersion: number): Decision {
  const [seenVersion, setSeenVersion] = useState(openedAtVersion);
  const [status, setStatus] = useState<DecisionStatus>({ kind: 'idle' });
  const handle = useMemo(() => handleCommand(store, permitCase, caseSnapshots), [store]);
  // A step whose fate is unknown is repeated as the same command, and so is never written twice.
  const failed = useRef({ key: '', commandId: '' });

  const take = async (step: string, person: string, group: string): Promise<void> => {
    const key = JSON.stringify([step, person, seenVersion]);
    const commandId = failed.current.key === key ? failed.current.commandId : crypto.randomUUID();
    setStatus({ kind: 'writing', step });
    try {
      await handle(
        stream,
        { type: 'TakeStep', step, group, instance: `desk-${commandId.slice(0, 8)}` },
        { expectedVersion: seenVersion, commandId, metadata: { correlationId: stream.slice(stream.indexOf('-') + 1), userId: person } },
      );
      // Not the version that the handler gives: there may be somebody else's event in it by now.
      const version = seenVersion + 1;
      setSeenVersion(version);
      setStatus({ kind: 'done', step, version });
    } catch (error) {
      if (isErmineError(error, 'CONCURRENCY_CONFLICT')) {
        setStatus({ kind: 'conflict', step, news: await store.loadStreamFrom(stream, seenVersion + 1).catch(() => []) });
      } else if (error instanceof StepRefusedError) {
        setStatus({ kind: 'refused', step, reason: error.message });
      } else {
        failed.current = { key, commandId };
        setStatus({ kind: 'failed', step, error });
      }
    }
  };

  const takeNote = (version: number): void => {
    setSeenVersion(version);
    setStatus({ kind: 'idle' });
  };

  return { seenVersion, status, take, takeNote };
}
