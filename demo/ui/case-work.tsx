import type { EventStore } from 'ermine';
import { eventsOf, versionOf, type Desk, type PermitCase } from '../desk/desk.ts';
import { DecisionNotice } from './decision-notice.tsx';
import { StepButtons } from './step-buttons.tsx';
import { Timeline } from './timeline.tsx';
import { useDecision } from './use-decision.ts';

interface Props {
  readonly store: EventStore;
  readonly latest: PermitCase;
  /** The case as it stood, if there was one, while the page shows the past. */
  readonly past: { readonly case: PermitCase | undefined } | undefined;
  readonly desk: Desk;
  readonly person: string;
}

/** The steps that the person can take, and the timeline with what is new to them. Starts from what the case is when it is opened. */
export function CaseWork({ store, latest, past, desk, person }: Props) {
  const { seenVersion, status, take, takeNote } = useDecision(store, latest.name, versionOf(latest));
  // A conflict may know of events that this tab's subscription is about to bring.
  const loaded = status.kind === 'conflict' ? status.news.filter(({ version }) => version > versionOf(latest)) : [];
  const events = [...loaded.toReversed(), ...eventsOf(latest)];
  const unseen = events.filter(({ version }) => version > seenVersion).length;
  const taken = events.filter(({ version }) => version <= seenVersion).map(({ type }) => type);
  const takeStep = (step: string): void => void take(step, person, desk.groupByPerson.get(person) ?? '');
  return (
    <>
      <section className="decide" aria-label="Next step">
        <h3>Next step, as {person}</h3>
        {past ? (
          <p className="notice notice-past">Steps can be taken on the live desk only. Go back to live to decide.</p>
        ) : (
          <DecisionNotice status={status} unseen={unseen} onTakeNote={() => takeNote(events[0]!.version)} />
        )}
        <StepButtons desk={desk} taken={taken.toReversed()} disabled={past !== undefined || status.kind === 'writing'} onStep={takeStep} />
      </section>
      <Timeline events={past ? eventsOf(past.case) : events} seenVersion={past ? Infinity : seenVersion} />
    </>
  );
}
