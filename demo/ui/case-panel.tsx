import { isErmineError } from 'ermine';
import { useStream } from 'ermine/react';
import { useEffect, useRef } from 'react';
import type { Desk } from '../desk/desk.ts';
import type { PermitStore } from '../desk/permit-events.ts';
import { formatDay } from '../desk/words.ts';
import { CaseWork } from './case-work.tsx';
import { ErrorNotice } from './error-notice.tsx';
import { Fact } from './fact.tsx';
import { StageBadge } from './stage-badge.tsx';
import { DESK_HREF } from './use-route.ts';

interface Props {
  readonly store: PermitStore;
  readonly name: string;
  readonly live: Desk;
  /** The desk that is shown: the live one, or one of the past. */
  readonly shown: Desk;
  readonly person: string;
}

/** One case: its facts, and what can be done and has been done. */
export function CasePanel({ store, name, live, shown, person }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const latest = live.cases.get(name);
  const permitCase = shown.cases.get(name);
  return (
    <article className="card case-panel" aria-labelledby="case-title">
      <title>{`${latest?.label ?? name} · Permit desk`}</title>
      <header className="case-header">
        <a className="close" href={DESK_HREF}>
          <span aria-hidden="true">←</span> All cases
        </a>
        <h2 id="case-title" ref={heading} tabIndex={-1}>
          {latest?.label ?? name}
        </h2>
        {permitCase && <StageBadge stage={permitCase.stage} />}
      </header>
      {permitCase && (
        <dl className="facts">
          <Fact name="Responsible" value={permitCase.responsible} />
          <Fact name="Department" value={permitCase.department} />
          <Fact name="Channel" value={permitCase.channel} />
          <Fact name="Received" value={formatDay(permitCase.receivedAt)} />
          <Fact name="Deadline" value={formatDay(permitCase.deadline)} />
        </dl>
      )}
      {!latest && <p className="empty">There is no case of this name.</p>}
      {latest && !permitCase && <p className="empty">This case had not come in yet.</p>}
      {latest && <CaseEvents store={store} name={name} live={live} shown={shown} person={person} />}
    </article>
  );
}

/** Of a case that there is: the address may name anything. */
function CaseEvents({ store, name, live, shown, person }: Props) {
  const { value: stored = [], error } = useStream(store, name);
  return (
    <>
      {/* That the whole log is gone is said at the top of the page. */}
      {error !== undefined && !isErmineError(error, 'EPOCH_CHANGED') && <ErrorNotice error={error} />}
      {stored.length > 0 && (
        <CaseWork store={store} name={name} stored={stored} pastPosition={shown === live ? undefined : shown.position} desk={live} person={person} />
      )}
    </>
  );
}
