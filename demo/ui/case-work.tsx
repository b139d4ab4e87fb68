import type { StoredEvent } from 'ermine';
import { useRef } from 'react';
import type { Desk } from '../desk/desk.ts';
import type { PermitStore } from '../desk/permit-events.ts';
import { DecisionNotice } from './decision-notice.tsx';
import { StepButtons } from './step-buttons.tsx';
import { Timeline } from './timeline.tsx';
import { useCaseState } from './use-case-state.ts';
import { useDecision } from './use-decision.ts';

interface Props {
  readonly store: PermitStore;
  readonly name: string;
  /** Of the case, in order; at least one. */
  readonly stored: readonly StoredEvent[];
  /** The position of the log that the page shows, if that is one of the past. */
  readonly pastPosition: number | undefined;
  readonly desk: Desk;
  readonly person: string;
}

/** The steps that the person can take, and the timeline with what is new to them. Starts from what the case is when it is opened. */
export function CaseWork({ store, name, stored, pastPosition, desk, person }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { version } = stored.at(-1)!;
  const { seenVersion, status, take, takeNote } = useDecision(store, name, version);
  const state = useCaseState(store, name, version);
  // A conflict may know of events that this tab's subscription is about to bring.
  const loaded = status.kind === 'conflict' ? status.news.filter((event) => event.version > version) : [];
  const events = [...stored, ...loaded].toReversed();
  const unseen = events.filter((event) => event.version > seenVersion).length;
  const taken = stored.filter((event) => event.version <= seenVersion).map(({ type }) => type);
  const isPast = pastPosition !== undefined;
  // The button that was pressed may be gone when it has done its work: the person goes on at the heading above it.
  const takeStep = (step: string): void => {
    heading.current?.focus();
    void take(step, person, desk.groupByPerson.get(person) ?? '');
  };
  const takeNoteOfAll = (): void => {
    heading.current?.focus();
    takeNote(events[0]!.version);
  };
  return (
    <>
      <section className="decide" aria-label="Next step">
        <h3 ref={heading} tabIndex={-1}>
          Next step, as {person}
        </h3>
        {isPast ? (
          <p className="notice notice-past">Steps can be taken on the live desk only. Go back to live to decide.</p>
        ) : (
          <DecisionNotice status={status} unseen={unseen} onTakeNote={takeNoteOfAll} />
        )}
        {/* A step that was taken is not left chosen for another time. */}
        <StepButtons key={seenVersion} desk={desk} taken={taken} state={state} disabled={isPast || status.kind === 'writing'} onStep={takeStep} />
      </section>
      <Timeline events={isPast ? events.filter(({ globalPosition }) => globalPosition <= pastPosition) : events} seenVersion={isPast ? Infinity : seenVersion} />
    </>
  );
}
