import { isErmineError, type EventStore, type StoredEvent } from 'ermine';
import { useRef, useState } from 'react';

export type DecisionStatus =
  | { readonly kind: 'idle' }
  | { readonly kind: 'writing'; readonly step: string }
  | { readonly kind: 'done'; readonly step: string; readonly version: number }
  | { readonly kind: 'conflict'; readonly step: string; readonly news: readonly StoredEvent[] }
  | { readonly kind: 'failed'; readonly step: string; readonly error: unknown };

export interface Decision {
  /** The version that the person has seen and taken note of: what their next step is decided on. */
  readonly seenVersion: number;
  readonly status: DecisionStatus;
  take(step: string, person: string, group: string): Promise<void>;
  takeNote(version: number): void;
}

/**
 * One person deciding on one case. News of the case never moves `seenVersion` by themselves: a step is appended with the
 * version that the person was looking at, so what somebody else did meanwhile is never passed over.
 */
export function useDecision(store: EventStore, stream: string, openedAtVersion: number): Decision {
  const [seenVersion, setSeenVersion] = useState(openedAtVersion);
  const [status, setStatus] = useState<DecisionStatus>({ kind: 'idle' });
  // A step whose fate is unknown is repeated under its own event id, and so is never written twice.
  const failed = useRef({ key: '', eventId: '' });

  const take = async (step: string, person: string, group: string): Promise<void> => {
    const key = JSON.stringify([step, person, seenVersion]);
    const eventId = failed.current.key === key ? failed.current.eventId : crypto.randomUUID();
    setStatus({ kind: 'writing', step });
    try {
      const { version } = await store.appendToStream(stream, seenVersion, [
        {
          id: eventId,
          type: step,
          data: { group, instance: `desk-${eventId.slice(0, 8)}`, transition: 'complete' },
          metadata: { correlationId: stream.slice(stream.indexOf('-') + 1), userId: person },
        },
      ]);
      setSeenVersion(version);
      setStatus({ kind: 'done', step, version });
    } catch (error) {
      if (isErmineError(error, 'CONCURRENCY_CONFLICT')) {
        setStatus({ kind: 'conflict', step, news: await store.loadStreamFrom(stream, seenVersion + 1).catch(() => []) });
      } else {
        failed.current = { key, eventId };
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
