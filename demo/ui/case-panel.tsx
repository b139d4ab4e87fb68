import type { EventStore } from 'ermine';
import { useEffect, useRef } from 'react';
import { eventsOf, versionOf, type Desk } from '../desk/desk.ts';
import { formatDay } from '../desk/words.ts';
import { DecisionNotice } from './decision-notice.tsx';
import { StageBadge } from './stage-badge.tsx';
import { StepButtons } from './step-buttons.tsx';
import { Timeline } from './timeline.tsx';
import { useDecision } from './use-decision.ts';
import { DESK_HREF } from './use-route.ts';

interface Props {
  readonly store: EventStore;
  readonly name: string;
  readonly live: Desk;
  /** The desk that is shown: the live one, or one of the past. */
  readonly shown: Desk;
  readonly person: string;
}

/** One case: its facts, the steps that can be taken, and its timeline. */
export function CasePanel({ store, name, live, shown, person }: Props) {
  const decision = useDecision(store, name, versionOf(live.cases.get(name)));
  const { seenVersion, status } = decision;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const isPast = shown !== live;
  const permitCase = shown.cases.get(name);
  const followed = eventsOf(permitCase);
  // A conflict may know of events that this tab's subscription is about to bring.
  const loaded = status.kind === 'conflict' && !isPast ? status.news.filter(({ version }) => version > versionOf(permitCase)) : [];
  const events = [...loaded.toReversed(), ...followed];
  const taken = events.filter(({ version }) => version <= seenVersion).map(({ type }) => type).toReversed();
  const unseen = isPast ? 0 : events.filter(({ version }) => version > seenVersion).length;
  const takeStep = (step: string): void => void decision.take(step, person, live.groupByPerson.get(person) ?? '');

  return (
    <article className="card case-panel" aria-labelledby="case-title">
      <title>{`${permitCase?.label ?? name} · Permit desk`}</title>
      <header className="case-header">
        <a className="close" href={DESK_HREF}>
          <span aria-hidden="true">←</span> All cases
        </a>
        <h2 id="case-title" ref={heading} tabIndex={-1}>
          {permitCase?.label ?? name}
        </h2>
        {permitCase && <StageBadge stage={permitCase.stage} />}
      </header>
      {permitCase ? (
        <>
          <dl className="facts">
            <Fact name="Responsible" value={permitCase.responsible} />
            <Fact name="Department" value={permitCase.department} />
            <Fact name="Channel" value={permitCase.channel} />
            <Fact name="Received" value={formatDay(permitCase.receivedAt)} />
            <Fact name="Deadline" value={formatDay(permitCase.deadline)} />
          </dl>
          <section className="decide" aria-label="Next step">
            <h3>Next step, as {person}</h3>
            {isPast ? (
              <p className="notice notice-past">Steps can be taken on the live desk only. Go back to live to decide.</p>
            ) : (
              <DecisionNotice status={status} unseen={unseen} onTakeNote={() => decision.takeNote(events[0]!.version)} />
            )}
            <StepButtons desk={live} taken={taken} disabled={isPast || status.kind === 'writing'} onStep={takeStep} />
          </section>
          <Timeline events={events} seenVersion={isPast ? Infinity : seenVersion} />
        </>
      ) : (
        <p className="empty">{isPast ? 'This case had not come in yet.' : 'There is no case of this name.'}</p>
      )}
    </article>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value || '–'}</dd>
    </div>
  );
}
